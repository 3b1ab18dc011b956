/**
 * Glyphs of a 5×7 dot matrix, as on a stadium board: one string per row, `#` is a lit dot. Narrow signs have
 * narrow boxes, so that a clock does not look spaced out.
 */
const GLYPHS: Record<string, readonly string[]> = {
  "0": [".###.", "#...#", "#...#", "#...#", "#...#", "#...#", ".###."],
  "1": ["..#..", ".##..", "..#..", "..#..", "..#..", "..#..", ".###."],
  "2": [".###.", "#...#", "....#", "...#.", "..#..", ".#...", "#####"],
  "3": ["####.", "....#", "....#", ".###.", "....#", "....#", "####."],
  "4": ["...#.", "..##.", ".#.#.", "#..#.", "#####", "...#.", "...#."],
  "5": ["#####", "#....", "####.", "....#", "....#", "#...#", ".###."],
  "6": [".###.", "#....", "#....", "####.", "#...#", "#...#", ".###."],
  "7": ["#####", "....#", "...#.", "..#..", "..#..", ".#...", ".#..."],
  "8": [".###.", "#...#", "#...#", ".###.", "#...#", "#...#", ".###."],
  "9": [".###.", "#...#", "#...#", ".####", "....#", "....#", ".###."],
  ":": [".", ".", "#", ".", "#", ".", "."],
  "–": ["...", "...", "...", "###", "...", "...", "..."],
  " ": ["..", "..", "..", "..", "..", "..", ".."],
};

export interface Dot {
  x: number;
  y: number;
  lit: boolean;
}

export interface Matrix {
  dots: Dot[];
  width: number;
  height: number;
}

/** Lays out a text; signs without a glyph are left out. A column of dark dots parts the glyphs. */
export function matrixOf(text: string): Matrix {
  const dots: Dot[] = [];
  let left = 0;
  for (const sign of text) {
    const rows = GLYPHS[sign];
    if (!rows) continue;
    const width = rows[0]?.length ?? 0;
    rows.forEach((row, y) => {
      for (let x = 0; x < width; x++) dots.push({ x: left + x, y, lit: row[x] === "#" });
      dots.push({ x: left + width, y, lit: false });
    });
    left += width + 1;
  }
  const width = Math.max(0, left - 1);
  return { dots: dots.filter((dot) => dot.x < width), width, height: 7 };
}

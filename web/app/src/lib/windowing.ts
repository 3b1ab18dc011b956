/**
 * Which rows of a long list are worth having in the page. Pure numbers: heights in, offsets and a range out.
 * Rows not yet measured count with an estimate, and the list corrects the scroll position when the truth is known.
 */

export interface Range {
  /** First row drawn. */
  start: number;
  /** One past the last row drawn. */
  end: number;
}

/** `offsets[i]` is the top of row i; the last element is the height of everything. */
export function offsetsOf(
  keys: readonly string[],
  heights: ReadonlyMap<string, number>,
  estimate: number,
): Float64Array {
  const offsets = new Float64Array(keys.length + 1);
  let top = 0;
  for (let i = 0; i < keys.length; i++) {
    offsets[i] = top;
    top += heights.get(keys[i] as string) ?? estimate;
  }
  offsets[keys.length] = top;
  return offsets;
}

/** The row that covers `y`; the first above everything, the last below everything. */
export function rowAt(offsets: Float64Array, y: number): number {
  let low = 0;
  let high = offsets.length - 2;
  if (high < 0) return 0;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] as number) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function rangeOf(
  offsets: Float64Array,
  scrollTop: number,
  viewport: number,
  overscanPx: number,
): Range {
  const rows = offsets.length - 1;
  if (rows <= 0) return { start: 0, end: 0 };
  const start = rowAt(offsets, scrollTop - overscanPx);
  const end = rowAt(offsets, scrollTop + viewport + overscanPx) + 1;
  return { start, end: Math.min(rows, end) };
}

/** What the reader's eye rests on: a row, and how far its top lies above the viewport's top. */
export interface Anchor {
  key: string;
  delta: number;
}

export function anchorAt(
  keys: readonly string[],
  offsets: Float64Array,
  scrollTop: number,
): Anchor | undefined {
  const index = rowAt(offsets, scrollTop);
  const key = keys[index];
  return key === undefined ? undefined : { key, delta: scrollTop - (offsets[index] as number) };
}

/** Where to scroll so that the anchor stays put; undefined when its row is gone. */
export function scrollTopFor(
  anchor: Anchor,
  indexOf: (key: string) => number,
  offsets: Float64Array,
): number | undefined {
  const index = indexOf(anchor.key);
  return index < 0 ? undefined : (offsets[index] as number) + anchor.delta;
}

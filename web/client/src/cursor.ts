/**
 * Cursors name a position in an event's log: `<epoch>-<seq>` for viewers, `<epoch>-<seq>-<staffseq>` for
 * staff, whose stream merges two sequences. Only the client's own dedup looks inside them.
 */

export interface Cursor {
  epoch: number;
  seq: number;
  staff: number;
}

const SHAPE = /^(\d{1,15})-(\d{1,15})(?:-(\d{1,15}))?$/;

export function parseCursor(text: string | undefined): Cursor | null {
  const match = text === undefined ? null : SHAPE.exec(text);
  if (!match) return null;
  return { epoch: Number(match[1]), seq: Number(match[2]), staff: Number(match[3] ?? 0) };
}

/**
 * True when `next` adds nothing to what was seen up to `last`. Positions of different epochs can't be
 * compared, and an unreadable cursor is no reason to lose an entry: both count as new.
 */
export function alreadySeen(next: string | undefined, last: string | undefined): boolean {
  const a = parseCursor(next);
  const b = parseCursor(last);
  if (!a || !b || a.epoch !== b.epoch) return false;
  return a.seq <= b.seq && a.staff <= b.staff;
}

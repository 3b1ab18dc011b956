import { describe, expect, it } from "vitest";
import { anchorAt, offsetsOf, rangeOf, rowAt, scrollTopFor } from "../src/lib/windowing.ts";

const keys = Array.from({ length: 1_000 }, (_, i) => `k${i}`);
const NONE = new Map<string, number>();

describe("offsetsOf", () => {
  it("estimates what is not measured", () => {
    const heights = new Map([["k1", 100]]);
    expect([...offsetsOf(["k0", "k1", "k2"], heights, 50)]).toEqual([0, 50, 150, 200]);
    expect([...offsetsOf([], heights, 50)]).toEqual([0]);
  });
});

describe("rowAt", () => {
  const offsets = offsetsOf(["a", "b", "c"], new Map([["a", 10], ["b", 20], ["c", 30]]), 0);
  const cases: [number, number][] = [[-5, 0], [0, 0], [9, 0], [10, 1], [29, 1], [30, 2], [59, 2], [1e6, 2]];
  for (const [y, row] of cases) it(`at ${y} is row ${row}`, () => expect(rowAt(offsets, y)).toBe(row));
  it("of nothing is 0", () => expect(rowAt(offsetsOf([], NONE, 1), 5)).toBe(0));
});

describe("rangeOf", () => {
  const offsets = offsetsOf(keys, NONE, 50);

  it("covers the viewport and the overscan, and little more", () => {
    for (let top = 0; top <= 50 * 1_000 - 600; top += 777) {
      const { start, end } = rangeOf(offsets, top, 600, 200);
      expect(start * 50).toBeLessThanOrEqual(Math.max(0, top - 200));
      expect(end * 50).toBeGreaterThanOrEqual(Math.min(50_000, top + 800));
      expect(end - start).toBeLessThanOrEqual(1_000 / 50 + 2);
    }
  });

  it("is empty for an empty list, whole for a short one", () => {
    expect(rangeOf(offsetsOf([], NONE, 50), 0, 600, 200)).toEqual({ start: 0, end: 0 });
    expect(rangeOf(offsetsOf(["a", "b"], NONE, 50), 0, 600, 200)).toEqual({ start: 0, end: 2 });
  });

  it("stays inside when the list shrank under the scroll position", () => {
    expect(rangeOf(offsetsOf(["a", "b"], NONE, 50), 9_000, 600, 200)).toEqual({ start: 1, end: 2 });
  });
});

describe("an anchor", () => {
  it("keeps its row in place when rows above it change", () => {
    const before = offsetsOf(keys, NONE, 50);
    const anchor = anchorAt(keys, before, 5_020);
    expect(anchor).toEqual({ key: "k100", delta: 20 });
    const taller = offsetsOf(keys, new Map([["k3", 90]]), 50);
    expect(scrollTopFor(anchor!, (key) => keys.indexOf(key), taller)).toBe(5_060);
    const older = ["x", "y", ...keys];
    expect(scrollTopFor(anchor!, (key) => older.indexOf(key), offsetsOf(older, NONE, 50))).toBe(5_120);
    const trimmed = keys.slice(40);
    expect(scrollTopFor(anchor!, (key) => trimmed.indexOf(key), offsetsOf(trimmed, NONE, 50))).toBe(3_020);
  });

  it("gives up when its row is gone", () => {
    expect(scrollTopFor({ key: "zz", delta: 0 }, (key) => keys.indexOf(key), offsetsOf(keys, NONE, 50))).toBeUndefined();
    expect(anchorAt([], offsetsOf([], NONE, 50), 10)).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { backoffMs, retryAfterMs } from "../src/backoff.ts";
import { alreadySeen, parseCursor } from "../src/cursor.ts";

const BACKOFF = { baseMs: 1_000, maxMs: 30_000 };

describe("backoffMs", () => {
  it("is jittered over the whole range and never above its ceiling", () => {
    for (let attempt = 0; attempt < 50; attempt++) {
      const ceiling = Math.min(30_000, 1_000 * 2 ** attempt);
      expect(backoffMs(attempt, BACKOFF, () => 0)).toBe(0);
      expect(backoffMs(attempt, BACKOFF, () => 0.5)).toBe(ceiling / 2);
      expect(backoffMs(attempt, BACKOFF, () => 0.999_999)).toBeLessThan(ceiling);
    }
  });

  it("stays finite however many attempts failed", () => {
    expect(backoffMs(10_000, BACKOFF, () => 0.5)).toBe(15_000);
  });
});

describe("retryAfterMs", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const cases: [string | null, number | undefined][] = [
    [null, undefined],
    ["7", 7_000],
    [" 0 ", 0],
    ["Thu, 01 Jan 2026 00:00:09 GMT", 9_000],
    ["Thu, 01 Jan 2025 00:00:09 GMT", 0],
    ["soon", undefined],
  ];
  for (const [header, expected] of cases) {
    it(`reads ${header}`, () => expect(retryAfterMs(header, now)).toBe(expected));
  }
});

describe("cursors", () => {
  it("are read", () => {
    expect(parseCursor("1-42")).toEqual({ epoch: 1, seq: 42, staff: 0 });
    expect(parseCursor("2-42-7")).toEqual({ epoch: 2, seq: 42, staff: 7 });
    for (const bad of [undefined, "", "42", "1-", "1-2-3-4", "a-b", "1--2", "1-2 "]) {
      expect(parseCursor(bad)).toBeNull();
    }
  });

  const seen: [string | undefined, string | undefined, boolean][] = [
    ["1-5", "1-5", true],
    ["1-4", "1-5", true],
    ["1-6", "1-5", false],
    ["1-10", "1-9", false],
    ["2-1", "1-900", false],
    ["1-5-2", "1-5-1", false],
    ["1-5-1", "1-5-1", true],
    ["1-5", undefined, false],
    [undefined, "1-5", false],
    ["nonsense", "1-5", false],
  ];
  for (const [next, last, expected] of seen) {
    it(`${next} after ${last} is ${expected ? "old" : "new"}`, () => {
      expect(alreadySeen(next, last)).toBe(expected);
    });
  }
});

import { elapsedMs } from "@grandstand/client";
import { describe, expect, it } from "vitest";
import { clockSpoken, clockText, countText, minuteText, untilText, whenText } from "../src/lib/clock.ts";

describe("the match clock", () => {
  const asOf = "2026-06-01T18:00:00.000Z";
  const t = Date.parse(asOf);

  it("runs from its mark", () => {
    expect(elapsedMs({ running: true, elapsed_ms: 60_000, as_of: asOf }, t + 2_500)).toBe(62_500);
  });

  it("stands when stopped", () => {
    expect(elapsedMs({ running: false, elapsed_ms: 60_000, as_of: asOf }, t + 9e9)).toBe(60_000);
  });

  it("does not run backwards on a device that is behind", () => {
    expect(elapsedMs({ running: true, elapsed_ms: 60_000, as_of: asOf }, t - 5_000)).toBe(60_000);
  });

  const cases: [number, string][] = [[-1, "00:00"], [0, "00:00"], [999, "00:00"], [59_999, "00:59"], [60_000, "01:00"], [4_028_000, "67:08"], [7_260_000, "121:00"]];
  for (const [ms, text] of cases) it(`${ms} ms is ${text}`, () => expect(clockText(ms)).toBe(text));

  it("is said in words", () => expect(clockSpoken(61_000)).toBe("1 minute 1 second"));
});

describe("times in words", () => {
  it("minutes", () => {
    expect([minuteText(23, undefined), minuteText(45, 2), minuteText(undefined, 3), minuteText(0, 0)]).toEqual(["23′", "45+2′", "", "0′"]);
  });

  const until: [number, string][] = [[-1, ""], [0, ""], [1, "in 1 s"], [59_000, "in 59 s"], [60_000, "in 1 min"], [3_599_000, "in 1 h"], [7_200_000, "in 2 h"], [3 * 86_400_000, "in 3 days"]];
  for (const [ms, text] of until) it(`${ms} ms ahead is "${text}"`, () => expect(untilText(ms, 0)).toBe(text));

  it("days near now have names", () => {
    const now = new Date(2026, 5, 10, 12).getTime();
    const at = (day: number): string => whenText(new Date(2026, 5, day, 20, 30).toISOString(), now);
    expect(at(10)).toMatch(/^Today /);
    expect(at(11)).toMatch(/^Tomorrow /);
    expect(at(9)).toMatch(/^Yesterday /);
    expect(at(15)).toMatch(/15/);
  });

  it("counts get shorter as they grow", () => {
    expect([countText(0), countText(1_234), countText(18_234)]).toEqual(["0", "1,234", "18.2K"]);
  });
});

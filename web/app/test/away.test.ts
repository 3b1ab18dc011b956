import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ANSWER_MS, Away, AWAY_AFTER_MS } from "../src/lib/away.ts";
import type { AwayNote } from "../src/lib/notes.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Tabs of one person; what one says the others hear. */
function tabs(count: number) {
  const told: string[] = [];
  const all = Array.from({ length: count }, () => {
    const page = Object.assign(new EventTarget(), { hidden: false });
    const away: Away = new Away(
      async (status) => void told.push(status),
      (note: AwayNote) => all.filter((other) => other.away !== away).forEach((other) => other.away.hear(note)),
      page as unknown as Document,
    );
    away.watch();
    const look = (hidden: boolean): void => {
      page.hidden = hidden;
      page.dispatchEvent(new Event("visibilitychange"));
    };
    return { away, look };
  });
  return { all, told };
}

const LONG = AWAY_AFTER_MS + ANSWER_MS;

it("a glance elsewhere is not going away, a long absence is, and coming back is told at once", () => {
  const { all, told } = tabs(1);
  all[0]?.look(true);
  vi.advanceTimersByTime(AWAY_AFTER_MS - 1);
  all[0]?.look(false);
  vi.advanceTimersByTime(LONG);
  expect(told).toEqual([]);
  all[0]?.look(true);
  vi.advanceTimersByTime(LONG);
  expect(told).toEqual(["away"]);
  all[0]?.look(false);
  expect(told).toEqual(["away", "online"]);
});

it("who looks at the room in another tab is not away", () => {
  const { all, told } = tabs(3);
  all[0]?.look(true);
  all[1]?.look(true);
  vi.advanceTimersByTime(LONG * 3);
  expect(told).toEqual([]);
  all[2]?.look(true);
  vi.advanceTimersByTime(LONG);
  expect(told).toEqual(["away"]);
});

it("any tab that is looked at brings everybody's status back, once", () => {
  const { all, told } = tabs(2);
  for (const tab of all) tab.look(true);
  vi.advanceTimersByTime(LONG);
  all[1]?.look(false);
  all[0]?.look(false);
  expect(told).toEqual(["away", "online"]);
});

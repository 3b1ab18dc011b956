/** Watching late, and once more. */
import type { LiveEvent, Message, Outgoing } from "@grandstand/client";
import { describe, expect, it } from "vitest";
import { DELAYS, delayOf, delayText, keepDelay } from "../src/lib/delay.ts";
import { lastSaid } from "../src/lib/manners.ts";
import { replayable, ReplayClock, replayQuery } from "../src/lib/replay.ts";

function storage(): Storage {
  const lines = new Map<string, string>();
  return {
    getItem: (key: string) => lines.get(key) ?? null,
    setItem: (key: string, value: string) => void lines.set(key, value),
  } as unknown as Storage;
}

describe("the delay", () => {
  it("is remembered for each event, and forgotten when it is none", () => {
    const kept = storage();
    keepDelay("final", 30, kept);
    keepDelay("derby", 5, kept);
    expect([delayOf("final", kept), delayOf("derby", kept), delayOf("other", kept)]).toEqual([30, 5, 0]);
    keepDelay("final", 0, kept);
    expect(delayOf("final", kept)).toBe(0);
  });

  it("is remembered for the last fifty events only", () => {
    const kept = storage();
    for (let i = 0; i < 60; i++) keepDelay(`event-${i}`, 10, kept);
    expect([delayOf("event-9", kept), delayOf("event-10", kept), delayOf("event-59", kept)]).toEqual([0, 10, 10]);
  });

  it("that somebody wrote into the storage by hand is none", () => {
    const kept = storage();
    for (const text of ["{", "7", '[["final",31]]', '[["final","30"]]', "[null]"]) {
      kept.setItem("grandstand.delays", text);
      expect(delayOf("final", kept)).toBe(0);
    }
  });

  it("says how late it is", () => {
    expect(DELAYS.map(delayText)).toEqual([
      "No delay",
      "5 s behind",
      "10 s behind",
      "15 s behind",
      "30 s behind",
      "1 min behind",
      "90 s behind",
      "2 min behind",
    ]);
  });
});

describe("slow mode, watching late", () => {
  const said = { author: { id: "ana" }, created_at: "2026-06-01T18:00:00.000Z" } as Message;
  const sent = { state: "accepted", writtenAt: "2026-06-01T18:00:20.000Z" } as Outgoing;

  it("counts from what was accepted, also while it is not shown yet", () => {
    expect(lastSaid([said], [], "ana")).toBe(said.created_at);
    expect(lastSaid([said], [sent], "ana")).toBe(sent.writtenAt);
    expect(lastSaid([], [{ ...sent, state: "queued" }], "ana")).toBeUndefined();
  });
});

describe("the replay", () => {
  it("is asked for from the start, or from a moment", () => {
    expect(replayQuery({ speed: 8 })).toEqual({ from: "start", speed: "8" });
    expect(replayQuery({ at: "2026-06-01T18:00:00.000Z", speed: 1 })).toEqual({ at: "2026-06-01T18:00:00.000Z", speed: "1" });
  });

  it("is of events that are over and took place", () => {
    const event = { status: "completed", started_at: "x", ended_at: "y" } as LiveEvent;
    const { started_at: _never, ...unstarted } = event;
    expect(replayable(event)).toBe(true);
    expect(replayable({ ...event, status: "live" })).toBe(false);
    expect(replayable(unstarted as LiveEvent)).toBe(false);
    expect(replayable(undefined)).toBe(false);
  });

  it("has a clock that runs as fast as it plays, and is set right by what is told", () => {
    const clock = new ReplayClock(1_000_000, 8, 500);
    expect(clock.read(500)).toBe(1_000_000);
    expect(clock.read(1_500)).toBe(1_008_000);
    clock.set(1_010_000, 1_600);
    expect(clock.read(1_700)).toBe(1_010_800);
  });
});

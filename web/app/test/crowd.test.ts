import { emptyRoom, type Message, type ModerationTold, type Receipt, type RoomSettings, type Typing, type User } from "@grandstand/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { banners, roomSettings, shutOut, slowUntil, typingText } from "../src/lib/manners.ts";
import { noteOf } from "../src/lib/notes.ts";
import { deliveryOf, MARK_EVERY_MS, ReadMarker } from "../src/lib/receipts.ts";
import { AGAIN_MS, IDLE_MS, TypingSender } from "../src/lib/typing.ts";
import { toldText } from "../src/lib/words.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const people = (...names: string[]): User[] => names.map((name) => ({ id: name.toLowerCase(), name, badges: [], guest: false }));
const room = (change: Partial<RoomSettings> = {}): RoomSettings => ({ ...roomSettings(undefined), ...change });
const message = (seq: number): Message => ({
  id: `msg_${seq}`,
  seq,
  author: { id: "ana", name: "Ana", badges: [] },
  text: "x",
  status: "active",
  reply_count: 0,
  pinned: false,
  reactions: [],
  created_at: "2026-06-01T18:00:00.000Z",
});

describe("who is typing", () => {
  const cases: [string[], number, string | undefined, string][] = [
    [[], 0, undefined, ""],
    [["Ana"], 0, undefined, "Ana is typing"],
    [["Ana", "Bo"], 0, undefined, "Ana and Bo are typing"],
    [["Ana", "Bo", "Cy"], 0, undefined, "Ana, Bo and Cy are typing"],
    [["Ana", "Bo", "Cy", "Di"], 2, undefined, "Ana, Bo, Cy and 3 others are typing"],
    [["Ana", "Bo"], 3, undefined, "Ana, Bo and 3 others are typing"],
    [["Ana"], 1, undefined, "Ana and 1 other are typing"],
    [["Ana"], 0, "ana", ""],
    [["Ana", "Bo"], 0, "ana", "Bo is typing"],
  ];
  for (const [names, others, me, text] of cases) {
    it(`${names.join()} and ${others}, read by ${me ?? "nobody"}: ${text || "nothing"}`, () => {
      expect(typingText({ users: people(...names), others, threads: [] }, me)).toBe(text);
    });
  }

  it("threads have their own", () => {
    const typing: Typing = { users: [], others: 0, threads: [{ parent_id: "msg_1", users: people("Ana"), others: 0 }] };
    expect(typingText(typing, undefined, "msg_1")).toBe("Ana is typing");
    expect(typingText(typing, undefined, "msg_2")).toBe("");
  });
});

describe("saying that I type", () => {
  function sender() {
    const told: [boolean, number][] = [];
    const typing = new TypingSender(async (is) => void told.push([is, Date.now() - 1_000_000]), undefined);
    return { typing, told };
  }

  it("at once, then now and then, and that I stopped", () => {
    const { typing, told } = sender();
    for (let i = 0; i < 10; i++) {
      typing.typed("x".repeat(i + 1));
      vi.advanceTimersByTime(500);
    }
    vi.advanceTimersByTime(IDLE_MS);
    expect(told).toEqual([
      [true, 0],
      [true, AGAIN_MS],
      [false, 4_500 + IDLE_MS],
    ]);
  });

  it("an emptied field stops it, sending says nothing", () => {
    const { typing, told } = sender();
    typing.typed("x");
    typing.typed(" ");
    typing.typed("y");
    typing.sent();
    vi.advanceTimersByTime(60_000);
    expect(told.map(([is]) => is)).toEqual([true, false, true]);
  });
});

describe("read marks", () => {
  it("are told late, forward and together", () => {
    const told: string[] = [];
    const marker = new ReadMarker(async (id) => void told.push(id));
    for (const seq of [1, 3, 2]) marker.saw(message(seq));
    vi.advanceTimersByTime(MARK_EVERY_MS);
    marker.saw(message(3));
    marker.known(9);
    marker.saw(message(8));
    vi.advanceTimersByTime(MARK_EVERY_MS);
    expect(told).toEqual(["msg_3"]);
  });

  it("an author sees sent, delivered, read; their own mark is no reader", () => {
    const mark = (user: string, seq: number): Receipt => ({ user_id: user, message_id: "m", seq, read_at: "" });
    const state = { ...emptyRoom(), deliveredSeq: 5, receipts: { ana: mark("ana", 9), ben: mark("ben", 4) } };
    expect(deliveryOf(message(4), state)).toEqual({ state: "read", text: "Read by 1 other" });
    expect(deliveryOf(message(5), state).state).toBe("delivered");
    expect(deliveryOf(message(6), state).state).toBe("accepted");
  });
});

describe("how a room behaves", () => {
  it("a calm room has nothing to say, any other says it all", () => {
    expect(banners(room())).toEqual([]);
    expect(banners(room({ slow_mode_seconds: 60, emoji_only: true, links: "staff" }))).toEqual([
      "Slow mode: one message every 1 minute",
      "Emoji only",
      "No links",
    ]);
  });

  it("staff are free of it", () => {
    const strict = room({ locked: true, slow_mode_seconds: 10 });
    expect(shutOut(strict, "moderator")).toBe("");
    expect(slowUntil(strict, "host", "2026-06-01T18:00:00.000Z")).toBe(0);
    expect(shutOut(strict, "member")).not.toBe("");
    expect(shutOut(room({ members_only: true }), "viewer")).not.toBe("");
    expect(shutOut(room({ members_only: true }), "member")).toBe("");
    expect(slowUntil(strict, "viewer", "2026-06-01T18:00:00.000Z")).toBe(Date.parse("2026-06-01T18:00:10.000Z"));
  });

  it("what was decided about me is said with its reason", () => {
    expect(toldText({ action: "sanction.given", code: "mute", reason: "Spam" })).toBe("You may not write: Spam");
    expect(toldText({ action: "sanction.given", code: "shadow_ban" })).toBe("");
    const newer = "something.new" as ModerationTold["action"];
    expect(toldText({ action: newer })).toBe("");
  });
});

describe("notes of other tabs", () => {
  it("are taken only when they are whole", () => {
    expect(noteOf({ kind: "vote", id: "p", options: [1, 2] })).toEqual({ kind: "vote", id: "p", options: [1, 2] });
    expect(noteOf({ kind: "mine", id: "m", emoji: "🔥", on: true })).toMatchObject({ kind: "mine" });
    for (const bad of [null, 1, {}, { kind: "vote", id: "p", options: ["x"] }, { kind: "told", status: "gone" }, { kind: "new" }]) {
      expect(noteOf(bad)).toBeUndefined();
    }
  });
});

import { describe, expect, it } from "vitest";
import type { Poll, Receipt, RoomSettings } from "../src/wire.ts";
import type { FrameOf } from "../src/frame.ts";
import { emptyRoom, fold, foldAll, withMarks, withMyVote, type RoomState } from "../src/room.ts";
import type { Snapshot } from "../src/wire.ts";
import { frame, liveEvent, snapshot } from "./sample.ts";

function poll(id: string, change: Partial<Poll> = {}): Poll {
  return {
    id,
    seq: 1,
    question: "Who wins?",
    options: [
      { id: 1, text: "Us", votes: 0 },
      { id: 2, text: "Them", votes: 0 },
    ],
    max_choices: 1,
    results: "live",
    change_allowed: false,
    guests: true,
    status: "open",
    opened_at: "2026-06-01T18:00:00.000Z",
    voters: 0,
    ...change,
  };
}

function mark(user: string, seq: number): Receipt {
  return { user_id: user, message_id: `msg_${seq}`, seq, read_at: "2026-06-01T18:00:00.000Z" };
}

function room(change: object = {}): RoomState {
  const data = { ...snapshot(), ...change } as Snapshot;
  return fold(emptyRoom(), { ...frame("stream.snapshot", data), cursor: "1-0" } as FrameOf<"stream.snapshot">);
}

describe("polls", () => {
  it("open, count what the server counted, and close", () => {
    let state = fold(room(), frame("poll.opened", { poll: poll("a") }, 1));
    state = fold(state, frame("poll.changed", { polls: [{ poll_id: "a", voters: 3, options: [{ id: 2, votes: 3 }] }] }, 2));
    expect(state.polls[0]).toMatchObject({ voters: 3, options: [{ votes: 0 }, { votes: 3 }] });
    state = fold(state, frame("poll.closed", { poll: poll("a", { status: "closed", voters: 4 }) }, 3));
    expect(state.polls).toMatchObject([{ status: "closed", voters: 4 }]);
    expect(state.cursor).toBe("1-3");
  });

  it("a secret one tells only how many have voted", () => {
    const secret = poll("a", { results: "when_closed", options: [{ id: 1, text: "Us" }, { id: 2, text: "Them" }] });
    let state = fold(room(), frame("poll.opened", { poll: secret }, 1));
    state = fold(state, frame("poll.changed", { polls: [{ poll_id: "a", voters: 9 }] }, 2));
    expect(state.polls[0]?.voters).toBe(9);
    expect(state.polls[0]?.options).toEqual(secret.options);
  });

  it("those that are over stand first, and only the latest stay", () => {
    let state = room({ polls: [poll("open")] });
    for (let i = 0; i < 7; i++) state = fold(state, frame("poll.closed", { poll: poll(`p${i}`, { status: "closed" }) }, i + 1));
    expect(state.polls.map((one) => one.id)).toEqual(["p2", "p3", "p4", "p5", "p6", "open"]);
  });

  it("my votes come with the first words, and with my own voting", () => {
    const data = { event_id: "evt_1", role: "viewer", head: "1-0", heartbeat_ms: 1, retry_ms: 1, my_votes: { a: [1] } };
    let state = fold(emptyRoom(), frame("stream.ready", data as FrameOf<"stream.ready">["data"]));
    state = withMyVote(state, "b", [2]);
    expect(state.votes).toEqual({ a: [1], b: [2] });
  });
});

describe("the rest of the crowd", () => {
  it("awards are told by name, and are those of the snapshot at first", () => {
    let state = room({ badges: [{ user_id: "ana", badges: ["MVP"] }] });
    state = fold(state, frame("badges.changed", { user_id: "ben", badges: ["WINNER"], badge: "WINNER", given: true }, 1));
    expect(state.awards).toEqual({ ana: ["MVP"], ben: ["WINNER"] });
  });

  it("marks move forward only, whichever comes first", () => {
    let state = withMarks(room(), [mark("ana", 9), mark("ben", 2)], 9);
    state = fold(state, frame("receipt.changed", { readers: [mark("ana", 4), mark("ben", 5)], delivered_seq: 7 }));
    expect(Object.values(state.receipts).map((one) => one.seq)).toEqual([9, 5]);
    expect(state.deliveredSeq).toBe(9);
  });

  it("who types is what was said last, and nobody after a new beginning", () => {
    const ana = { id: "ana", name: "Ana", badges: [], guest: false };
    let state = fold(room(), frame("typing.changed", { users: [ana], others: 2, threads: [] }));
    expect(state.typing.others).toBe(2);
    state = foldAll(state, [frame("stream.snapshot", snapshot())]);
    expect(state.typing.users).toEqual([]);
  });

  it("the room's settings stand in the event, with its version", () => {
    const settings = { slow_mode_seconds: 10, locked: true } as RoomSettings;
    const state = fold(room({ event: liveEvent() }), frame("room.changed", { room: settings, version: 5 }, 1));
    expect(state.event?.version).toBe(5);
    expect(state.event?.settings).toMatchObject({ slow_mode_seconds: 10, locked: true, edit_window_seconds: 300 });
  });
});

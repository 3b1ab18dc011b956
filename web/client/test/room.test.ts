import { describe, expect, it } from "vitest";
import type { Frame } from "../src/frame.ts";
import { emptyRoom, fold, foldAll, keepMessages, windowOf, withMine, withOlder, type RoomState } from "../src/room.ts";
import { frame, incident, liveEvent, message, scoreboard, snapshot, T0 } from "./sample.ts";

const begun = (change: Parameters<typeof snapshot>[0] = {}): RoomState =>
  fold(emptyRoom(), frame("stream.snapshot", snapshot(change)));

describe("fold: the stream's own frames", () => {
  it("ready tells who I am and what I reacted", () => {
    const user = { id: "gst_1", name: "Ana", badges: [], guest: true };
    const ready = { event_id: "evt_1", head: "1-4", heartbeat_ms: 1, retry_ms: 1 };
    const room = fold(emptyRoom(), frame("stream.ready", { ...ready, role: "host", user, my_reactions: { msg_1: ["❤"] } }));
    expect(room).toMatchObject({ role: "host", user, mine: { msg_1: ["❤"] }, ready: false });
    const anonymous = fold(room, frame("stream.ready", { ...ready, role: "viewer" }));
    expect(anonymous.user).toBeUndefined();
  });

  it("a snapshot replaces everything but who I am", () => {
    const room = foldAll(begun({ messages: [message(1)] }), [
      frame("message.created", { message: message(2) }, 2),
      frame("stream.reset", { reason: "gone" }),
    ]);
    expect(room.ready).toBe(false);
    const { contest: _none, ...bare } = snapshot({ cursor: "2-9", messages: [message(9)], message_count: 4 });
    const again = fold(room, frame("stream.snapshot", bare));
    expect(again).toMatchObject({ ready: true, cursor: "2-9", messageCount: 4, hasOlder: true });
    expect(again.messages.map((one) => one.seq)).toEqual([9]);
    expect(again.contest).toBeUndefined();
  });

  it("heartbeats and unknown types change nothing", () => {
    const room = begun();
    expect(fold(room, frame("stream.heartbeat", { head: "1-0", time: T0 }))).toBe(room);
    const unknown = { type: "something.new", data: {}, at: T0 } as unknown as Frame;
    expect(fold(room, unknown)).toBe(room);
  });

  it("an unknown entry still moves the position", () => {
    const unknown = { type: "something.new", data: {}, at: T0, seq: 3, cursor: "1-3" } as unknown as Frame;
    expect(fold(begun(), unknown).cursor).toBe("1-3");
  });
});

describe("fold: messages", () => {
  it("created: at the end, counted, parent's replies with it", () => {
    const room = foldAll(begun(), [
      frame("message.created", { message: message(1, { pinned: true }) }, 1),
      frame("message.created", { message: message(2, { parent_id: "msg_00001" }) }, 2),
    ]);
    expect(room.messages.map((one) => [one.seq, one.reply_count])).toEqual([
      [1, 1],
      [2, 0],
    ]);
    expect(room.pinned[0]?.reply_count).toBe(1);
    expect(room).toMatchObject({ messageCount: 2, cursor: "1-2" });
  });

  it("created twice is one message", () => {
    const entry = frame("message.created", { message: message(1) }, 1);
    expect(foldAll(begun(), [entry, entry])).toMatchObject({ messageCount: 1, messages: [{ seq: 1 }] });
  });

  it("updated: new text, pinned and unpinned", () => {
    const one = message(1);
    const pinned = foldAll(begun({ messages: [one], message_count: 1 }), [
      frame("message.updated", { message: { ...one, text: "new", edited_at: T0, pinned: true } }, 2),
    ]);
    expect(pinned.messages[0]).toMatchObject({ text: "new", edited_at: T0 });
    expect(pinned.pinned.map((pin) => pin.id)).toEqual([one.id]);
    const back = fold(pinned, frame("message.updated", { message: one }, 3));
    expect(back.pinned).toEqual([]);
  });

  it("pins are kept in log order", () => {
    const pin = (seq: number): Frame => frame("message.updated", { message: message(seq, { pinned: true }) }, 10 + seq);
    expect(foldAll(begun(), [pin(3), pin(1), pin(2)]).pinned.map((one) => one.seq)).toEqual([1, 2, 3]);
  });

  for (const type of ["message.deleted", "message.hidden"] as const) {
    it(`${type}: a tombstone without text, uncounted, unpinned`, () => {
      const parent = message(1, { reply_count: 1, pinned: true });
      const reply = message(2, { parent_id: parent.id, reactions: [{ emoji: "❤", count: 2 }] });
      const start = begun({ messages: [parent, reply], pinned: [parent], message_count: 2 });
      const gone = frame(type, { message_id: reply.id, parent_id: parent.id, by: "author" }, 3);
      const room = foldAll(start, [gone, gone]);
      const status = type === "message.deleted" ? "deleted" : "hidden";
      expect(room.messages[1]).toMatchObject({ status, text: "", reactions: [] });
      expect(room.messages[0]?.reply_count).toBe(0);
      expect(room.messageCount).toBe(1);
      const both = fold(room, frame(type, { message_id: parent.id, by: "staff" }, 4));
      expect(both.pinned).toEqual([]);
    });
  }

  for (const type of ["message.deleted", "message.hidden"] as const) {
    it(`${type}: nobody is mentioned any more`, () => {
      const said = message(1, { text: "@ben look", mentions: [{ user_id: "usr_00009", name: "ben" }] });
      const room = fold(begun({ messages: [said] }), frame(type, { message_id: said.id, by: "author" }, 2));
      expect(room.messages[0]).not.toHaveProperty("mentions");
    });
  }

  it("held and released: out of the queue, into the room", () => {
    const held = message(4, { status: "held" });
    const room = fold(begun(), frame("message.held", { message: held }, 4));
    expect(room.held.map((one) => one.id)).toEqual([held.id]);
    expect(room.messages).toEqual([]);
    const out = fold(room, frame("message.released", { message: { ...held, status: "active", seq: 6 } }, 6));
    expect(out).toMatchObject({ held: [], messageCount: 1, messages: [{ id: held.id }] });
  });

  it("held and hidden: out of the queue, and never counted", () => {
    const held = message(4, { status: "held" });
    const room = foldAll(begun(), [
      frame("message.held", { message: held }, 4),
      frame("message.hidden", { message_id: held.id, by: "staff" }, 5),
    ]);
    expect(room).toMatchObject({ held: [], messages: [], messageCount: 0 });
  });

  it("reactions: exact totals, for pins as well", () => {
    const one = message(1, { pinned: true, reactions: [{ emoji: "❤", count: 1 }] });
    const reactions = [{ emoji: "🔥", count: 7 }];
    const room = fold(
      begun({ messages: [one], pinned: [one] }),
      frame("reactions.changed", { messages: [{ message_id: one.id, reactions }, { message_id: "msg_x", reactions }] }, 2),
    );
    expect(room.messages[0]?.reactions).toEqual(reactions);
    expect(room.pinned[0]?.reactions).toEqual(reactions);
  });

  it("keeps the newest, and says that there is more", () => {
    let room = fold(emptyRoom(10), frame("stream.snapshot", snapshot()));
    for (let seq = 1; seq <= 1_000; seq++) room = fold(room, frame("message.created", { message: message(seq) }, seq));
    expect(room.messages.length).toBe(10);
    expect(room.messages[0]?.seq).toBe(991);
    expect(room).toMatchObject({ hasOlder: true, messageCount: 1_000 });
  });

  it("forgets my reactions to messages it no longer has", () => {
    let room = fold(emptyRoom(5), frame("stream.snapshot", snapshot()));
    for (let seq = 1; seq <= 100; seq++) {
      room = fold(room, frame("message.created", { message: message(seq) }, seq));
      room = withMine(room, message(seq).id, "❤", true);
    }
    expect(Object.keys(room.mine).length).toBeLessThanOrEqual(12);
    expect(room.mine["msg_00100"]).toEqual(["❤"]);
  });

  it("history goes in front, once, with what is mine", () => {
    const room = begun({ messages: [message(5)], message_count: 3 });
    const page = [message(5), message(4, { mine: ["❤"] }), message(3)];
    const more = withOlder(room, page, true);
    expect(more.messages.map((one) => one.seq)).toEqual([3, 4, 5]);
    expect(more.mine["msg_00004"]).toEqual(["❤"]);
    expect(more.hasOlder).toBe(false);
    expect(keepMessages(more, 2).messages.map((one) => one.seq)).toEqual([4, 5]);
  });
});

describe("fold: event, crowd and contest", () => {
  it("event entries replace the event and move the window", () => {
    const ended = liveEvent({ status: "completed", ended_at: "2026-06-01T20:00:00.000Z" });
    const room = fold(begun(), { ...frame("event.ended", { event: ended }, 2), at: "2026-06-01T20:00:00.000Z" } as Frame);
    expect(room.event?.status).toBe("completed");
    expect(room.room).toEqual({ open: true, opens_at: "2026-06-01T17:00:00.000Z", closes_at: "2026-06-01T21:00:00.000Z" });
  });

  it("the window follows the event's times", () => {
    const planned = liveEvent({ status: "scheduled" });
    expect(windowOf(planned, "2026-06-01T16:59:59.000Z").open).toBe(false);
    expect(windowOf(planned, "2026-06-01T17:00:00.000Z").open).toBe(true);
    expect(windowOf(liveEvent({ status: "cancelled", ended_at: T0 }), T0).open).toBe(false);
  });

  it("a past of which nobody knows who was there has no presence, and no older one either", () => {
    const { presence: _unknown, ...past } = snapshot();
    const room = foldAll(begun(), [frame("presence.changed", { viewers: 12, users: 4 }), frame("stream.snapshot", past)]);
    expect(room).not.toHaveProperty("presence");
    expect(fold(room, frame("presence.changed", { viewers: 2, users: 1 })).presence).toEqual({ viewers: 2, users: 1 });
  });

  it("presence and applause are totals", () => {
    const room = foldAll(begun(), [
      frame("presence.changed", { viewers: 12, users: 4, joined: [] }),
      frame("applause.changed", { applause: { like: 9 }, burst: { like: 2 } }, 1),
    ]);
    expect(room.presence).toEqual({ viewers: 12, users: 4 });
    expect(room.applause).toEqual({ like: 9 });
  });

  it("a match is told", () => {
    const first = { number: 1, name: "1st half" };
    const goal = [
      { participant_id: "arg", points: 1 },
      { participant_id: "fra", points: 0 },
    ];
    const ended = { ...first, state: "ended" as const, score: goal };
    const result = { outcome: "win" as const, winner_id: "arg" };
    const running = { running: true, elapsed_ms: 0, as_of: T0 };
    const stopped = { running: false, elapsed_ms: 2_700_000, as_of: T0 };
    const room = foldAll(begun(), [
      frame("incident.recorded", { incident: incident("inc_1", { type: "period_start", period: first }) }, 1),
      frame("clock.changed", { clock: running, period: { ...first, state: "running" }, periods: [{ ...first, state: "running" }] }, 2),
      frame("incident.recorded", { incident: incident("inc_2") }, 3),
      frame("score.changed", { score: goal, incident_id: "inc_2" }, 4),
      frame("incident.corrected", { incident: incident("inc_2", { minute: 24, corrected: true }) }, 5),
      frame("incident.recorded", { incident: incident("inc_3", { type: "card", color: "red" }) }, 6),
      frame("incident.retracted", { incident_id: "inc_3" }, 7),
      frame("incident.recorded", { incident: incident("inc_4", { type: "period_end", period: first }) }, 8),
      frame("clock.changed", { clock: stopped, period: ended, periods: [ended] }, 9),
      frame("incident.recorded", { incident: incident("inc_5", { type: "result", result }) }, 10),
    ]);
    expect(room.contest).toMatchObject({
      score: goal,
      period: ended,
      periods: [ended],
      clock: stopped,
      result,
    });
    expect(room.contest?.incidents.map((one) => [one.id, one.minute])).toEqual([
      ["inc_1", 23],
      ["inc_2", 24],
      ["inc_4", 23],
      ["inc_5", 23],
    ]);
    const undone = fold(room, frame("incident.retracted", { incident_id: "inc_5" }, 11));
    expect(undone.contest?.result).toBeUndefined();
  });

  it("a contest set up anew replaces the board", () => {
    const { contest: _none, ...bare } = snapshot();
    const room = fold(emptyRoom(), frame("stream.snapshot", bare));
    const contest = scoreboard({ kind: "tennis" });
    expect(fold(room, frame("contest.changed", { contest }, 1)).contest).toEqual(contest);
  });

  it("contest entries without a scoreboard are ignored", () => {
    const { contest: _none, ...bare } = snapshot();
    const room = fold(emptyRoom(), frame("stream.snapshot", bare));
    expect(fold(room, frame("score.changed", { score: [] })).contest).toBeUndefined();
  });
});

describe("snapshot and entries", () => {
  it("a later snapshot with fewer entries after it ends the same", () => {
    // Wherever the snapshot is taken, the rest folded onto it must show the same room.
    const entries: Frame[] = [];
    const add = (make: (seq: number) => Frame): void => void entries.push(make(entries.length + 1));
    for (let i = 0; i < 6; i++) add((seq) => frame("message.created", { message: message(seq) }, seq));
    add((seq) => frame("message.created", { message: message(seq, { parent_id: "msg_00002" }) }, seq));
    add((seq) => frame("reactions.changed", { messages: [{ message_id: "msg_00003", reactions: [{ emoji: "❤", count: 3 }] }] }, seq));
    add((seq) => frame("message.updated", { message: message(4, { text: "edited", edited_at: T0 }) }, seq));
    add((seq) => frame("message.updated", { message: message(5, { pinned: true }) }, seq));
    add((seq) => frame("message.deleted", { message_id: "msg_00007", parent_id: "msg_00002", by: "author" }, seq));
    add((seq) => frame("incident.recorded", { incident: incident("inc_1") }, seq));
    add((seq) => frame("score.changed", { score: [{ participant_id: "arg", points: 1 }] }, seq));
    add((seq) => frame("incident.corrected", { incident: incident("inc_1", { minute: 25, corrected: true }) }, seq));
    add((seq) => frame("applause.changed", { applause: { like: 4 }, burst: { like: 4 } }, seq));
    const whole = foldAll(begun({ contest: scoreboard() }), entries);
    for (let cut = 0; cut <= entries.length; cut++) {
      const early = foldAll(begun(), entries.slice(0, cut));
      const taken = snapshot({
        cursor: `1-${cut}`,
        event: early.event!,
        room: early.room!,
        contest: early.contest!,
        messages: [...early.messages],
        pinned: [...early.pinned],
        applause: early.applause,
        message_count: early.messageCount,
      });
      const late = foldAll(fold(emptyRoom(), frame("stream.snapshot", taken)), entries.slice(cut));
      // Only whether older history exists may differ: tombstones are listed but not counted.
      expect({ ...late, hasOlder: false, cursor: "" }, `cut at ${cut}`).toEqual({ ...whole, hasOlder: false, cursor: "" });
    }
  });
});

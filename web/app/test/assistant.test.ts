import { emptyRoom, type AssistantAnswered, type Draft, type Entry, type Frame, type LiveEvent, type Message, type Remark, type RoomState, type Typing } from "@grandstand/client";
import { describe, expect, it } from "vitest";
import { Announcements } from "../src/lib/announce.ts";
import { answering, asked, asks, citedBy, namedIn, occasionText, stateText, unansweredText } from "../src/lib/assistant.ts";
import { feedRows } from "../src/lib/feed.ts";
import { textParts } from "../src/lib/mentions.ts";

function message(seq: number, change: Partial<Message> = {}): Message {
  return {
    id: `msg_${seq}`,
    seq,
    author: { id: "ana", name: "Ana", badges: [] },
    text: "x",
    status: "active",
    reply_count: 0,
    pinned: false,
    reactions: [],
    created_at: "2026-06-01T18:00:00.000Z",
    ...change,
  };
}

const remark = (change: Partial<Remark> = {}): Remark => ({ kind: "post", by: "facts", state: "current", citations: [], ...change });
const event = { settings: { assistant: { answers: true, posts: true } } } as LiveEvent;
const house = { id: "assistant", name: "Assistant", badges: ["ASSISTANT"] };

describe("asking the assistant", () => {
  const words: [string, boolean][] = [
    ["@assistant who leads?", true],
    ["who leads, @Assistant?", true],
    ["(@ASSISTANT)", true],
    ["mail@assistant.example", false],
    ["@assistants", false],
    ["assistant", false],
  ];
  for (const [text, is] of words) {
    it(`"${text}" ${is ? "asks" : "doesn't ask"} it`, () => expect(asks(text)).toBe(is));
  }

  it("the button makes a question of what is written, once", () => {
    expect(asked("")).toBe("@assistant ");
    expect(asked("who leads?")).toBe("@assistant who leads?");
    expect(asked("@assistant who leads?")).toBe("@assistant who leads?");
  });

  it("its name stands out where it answers, and only there", () => {
    const question = message(1, { text: "@assistant who leads?" });
    const marked = textParts(question.text, namedIn(question, event)).filter((part) => part.mention);
    expect(marked.map((part) => part.text)).toEqual(["@assistant"]);
    expect(namedIn(question, undefined)).toEqual([]);
    expect(namedIn(message(2, { text: "no question" }), event)).toEqual([]);
  });
});

describe("an answer under way", () => {
  const draft = (questionId: string, parentId: string): Draft => ({ questionId, parentId, text: "t", length: 1, whole: true });
  const typing = (...parents: string[]): Typing => ({
    users: [],
    others: 0,
    threads: parents.map((parent_id) => ({ parent_id, users: [{ ...house, guest: false }], others: 0 })),
  });
  const keys = (state: Pick<RoomState, "drafts" | "typing">, thread?: string): string[] => answering(state, thread).map((one) => one.key);

  it("is a row from the first sign of it, and the same one when words come", () => {
    const before = { drafts: [], typing: typing("msg_1") };
    expect(keys(before)).toEqual(["answering:msg_1:0"]);
    expect(keys({ drafts: [draft("qst_1", "msg_1")], typing: typing("msg_1") })).toEqual(keys(before));
  });

  it("stands in its own thread only, and two in one thread are two", () => {
    const state = { drafts: [draft("qst_1", "msg_1"), draft("qst_2", "msg_1")], typing: typing("msg_2") };
    expect(keys(state)).toEqual(["answering:msg_1:0", "answering:msg_1:1", "answering:msg_2:0"]);
    expect(keys(state, "msg_2")).toEqual(["answering:msg_2:0"]);
  });

  it("other people who type are none", () => {
    const people = { ...typing(), threads: [{ parent_id: "msg_1", users: [{ id: "ana", name: "Ana", badges: [], guest: false }], others: 2 }] };
    expect(keys({ drafts: [], typing: people })).toEqual([]);
  });

  it("comes after what was said, and before what I am saying", () => {
    const outgoing = { clientId: "c", text: "me", writtenAt: "", state: "sending" as const };
    const rows = feedRows([message(1)], [], [outgoing], true, answering({ drafts: [draft("qst_1", "msg_1")], typing: typing() }));
    expect(rows.map((row) => row.kind)).toEqual(["message", "answering", "outgoing"]);
  });

  it("what the assistant says stands under its own name each time", () => {
    const rows = feedRows([message(1, { author: house, assistant: remark() }), message(2, { author: house, assistant: remark() })], [], []);
    expect(rows.map((row) => row.kind === "message" && row.joined)).toEqual([false, false]);
  });
});

describe("what a citation leads to", () => {
  const cases: [string, object, object][] = [
    ["message.created", { message: message(7) }, { kind: "message", id: "msg_7" }],
    ["incident.recorded", { incident: { id: "inc_1" } }, { kind: "incident", id: "inc_1" }],
    ["score.changed", { score: [], incident_id: "inc_1" }, { kind: "incident", id: "inc_1" }],
    ["score.changed", { score: [] }, { kind: "board" }],
    ["event.started", {}, { kind: "board" }],
    ["poll.closed", {}, { kind: "polls" }],
    ["badges.changed", {}, { kind: "nowhere" }],
    ["something.new", {}, { kind: "nowhere" }],
  ];
  for (const [type, data, to] of cases) {
    it(`${type} leads to ${JSON.stringify(to)}`, () => expect(citedBy({ seq: 1, type, at: "", data } as Entry)).toEqual(to));
  }
  it("an entry that can't be read leads nowhere", () => expect(citedBy(undefined)).toEqual({ kind: "nowhere" }));
});

describe("what is said beside its words", () => {
  it("an occasion nobody has told us of is still readable", () => {
    expect(occasionText(remark({ occasion: "lead_change" }))).toBe("Lead change");
    expect(occasionText(remark({ occasion: "hat_trick" }))).toBe("Hat trick");
    expect(occasionText(remark())).toBe("Update");
    expect(occasionText(remark({ kind: "summary" }))).toBe("Summary");
  });

  it("stale and unknown states are said", () => {
    expect(stateText(remark())).toBe("");
    expect(stateText(remark({ state: "stale" }))).toContain("out of date");
    expect(stateText(remark({ state: "unknown" }))).toContain("not known");
  });

  const end = (change: Partial<AssistantAnswered>): AssistantAnswered => ({ question_id: "qst_1", message_id: "msg_1", outcome: "failed", ...change });

  it("a question without an answer is told why, whatever the reason is called", () => {
    const texts = ["timeout", "budget", "overloaded", "interrupted", "disabled", "news", undefined].map((reason) => unansweredText(end(reason === undefined ? {} : { reason })));
    expect(texts.every((text) => text.startsWith("The assistant"))).toBe(true);
    expect(unansweredText(end({ outcome: "refused" }))).toContain("can't answer");
  });

  it("a screen reader hears the whole answer to a question of mine, once, and nothing of other people's", () => {
    const user = { id: "ana", name: "Ana", badges: [], guest: true };
    const answer = message(2, { text: "One–nil.", author: house });
    const state: RoomState = { ...emptyRoom(), ready: true, user, messages: [message(1), answer] };
    const frame = (data: AssistantAnswered): Frame => ({ type: "assistant.answered", data, seq: 3 });
    const said = (who: RoomState, data: AssistantAnswered): string | undefined => new Announcements().take([frame(data)], who, 0);
    expect(said(state, end({ outcome: "answered", answer_id: "msg_2" }))).toBe("Assistant answers: One–nil.");
    expect(said(state, end({ reason: "timeout" }))).toContain("too long");
    expect(said({ ...state, user: { ...user, id: "ben" } }, end({ outcome: "answered", answer_id: "msg_2" }))).toBeUndefined();
  });
});

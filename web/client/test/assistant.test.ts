import { describe, expect, it } from "vitest";
import { DRAFT_CHARACTERS, MOST_DRAFTS } from "../src/assistant.ts";
import type { Frame } from "../src/frame.ts";
import { Recent } from "../src/recent.ts";
import { emptyRoom, fold, foldAll, type RoomState } from "../src/room.ts";
import type { AssistantAnswered, Message } from "../src/wire.ts";
import { frame, message, snapshot } from "./sample.ts";

function room(messages: Message[] = [message(1)]): RoomState {
  return fold(emptyRoom(), { ...frame("stream.snapshot", snapshot({ messages })), cursor: "1-1" } as Frame);
}

function piece(offset: number, text: string, question = "qst_1"): Frame {
  return frame("assistant.delta", { question_id: question, parent_id: "msg_00001", offset, text });
}

function answered(seq: number, change: Partial<AssistantAnswered> = {}): Frame {
  const data: AssistantAnswered = { question_id: "qst_1", message_id: "msg_00001", outcome: "answered", ...change };
  return frame("assistant.answered", data, seq);
}

function answer(seq: number, text: string): Frame {
  return frame("message.created", { message: reply(seq, text) }, seq);
}

function reply(seq: number, text: string): Message {
  return message(seq, {
    text,
    author: { id: "assistant", name: "Assistant", badges: ["ASSISTANT"] },
    parent_id: "msg_00001",
    assistant: { kind: "answer", by: "model", state: "current", question_id: "qst_1", citations: [] },
  });
}

describe("an answer that is being written", () => {
  it("grows by its pieces, counted in characters and not in code units", () => {
    const state = foldAll(room(), [piece(0, "Goal 🎉"), piece(6, " by Ana"), piece(13, ".")]);
    expect(state.drafts).toMatchObject([{ text: "Goal 🎉 by Ana.", whole: true, length: 14, parentId: "msg_00001" }]);
  });

  it("a piece heard twice or in part is not said twice", () => {
    const state = foldAll(room(), [piece(0, "one two"), piece(4, "two"), piece(4, "two three")]);
    expect(state.drafts[0]?.text).toBe("one two three");
  });

  it("begins anew at 0", () => {
    const state = foldAll(room(), [piece(0, "wrong beginning"), piece(0, "right")]);
    expect(state.drafts).toMatchObject([{ text: "right", whole: true }]);
  });

  it("a missed piece leaves a hole that is shown as one", () => {
    const gap = foldAll(room(), [piece(0, "one"), piece(8, "three"), piece(13, " four")]);
    expect(gap.drafts).toMatchObject([{ text: "one … three four", whole: false }]);
    const late = foldAll(room(), [piece(20, "the end")]);
    expect(late.drafts).toMatchObject([{ text: "…the end", whole: false }]);
  });

  it("gives way to its message, in whatever order both are heard", () => {
    const state = foldAll(room(), [piece(0, "Two"), answer(2, "Two all."), answered(3, { answer_id: "msg_00002" })]);
    expect(state.drafts).toEqual([]);
    expect(state.unanswered).toEqual({});
    expect(state.messages.at(-1)).toMatchObject({ text: "Two all.", assistant: { by: "model" } });
    const late = fold(state, piece(3, " all"));
    expect(late.drafts).toEqual([]);
    expect(late).toBe(state);
  });

  it("is forgotten with a new snapshot, and not begun anew when the answer is in there", () => {
    const before = fold(room(), piece(0, "Two"));
    const fresh = snapshot({ messages: [message(1), reply(2, "Two all.")] });
    const state = foldAll(before, [{ ...frame("stream.snapshot", fresh), cursor: "1-2" } as Frame, piece(3, " all")]);
    expect(state.drafts).toEqual([]);
  });

  it("neither many nor a long one fill the memory", () => {
    let state = room();
    for (let at = 0; at < MOST_DRAFTS + 5; at++) state = fold(state, piece(0, "x", `qst_${at}`));
    expect(state.drafts).toHaveLength(MOST_DRAFTS);
    let long = room();
    for (let at = 0; at < 40; at++) long = fold(long, piece(at * 1_000, "y".repeat(1_000)));
    expect(long.drafts[0]?.text.length).toBe(DRAFT_CHARACTERS);
    expect(long.drafts[0]?.whole).toBe(false);
    let many = room();
    for (let at = 0; at < 300; at++) many = fold(many, answered(at + 2, { question_id: `qst_${at}`, message_id: `msg_${at}`, outcome: "failed" }));
    expect(Object.keys(many.unanswered)).toHaveLength(100);
    expect(many.over).toHaveLength(100);
  });
});

it("a question that fails or is refused is known by its message", () => {
  const state = foldAll(room(), [piece(0, "Tw"), answered(2, { outcome: "failed", reason: "timeout" })]);
  expect(state.drafts).toEqual([]);
  expect(state.unanswered["msg_00001"]).toMatchObject({ outcome: "failed", reason: "timeout" });
  expect(state.cursor).toBe("1-2");
});

it("a tab that comes late is not told half a sentence", () => {
  const recent = new Recent();
  recent.add([{ ...frame("stream.snapshot", snapshot()), cursor: "1-1" } as Frame, piece(0, "Two")], undefined);
  expect(recent.since(undefined)?.map((one) => one.type)).toEqual(["stream.snapshot"]);
});

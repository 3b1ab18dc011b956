import { describe, expect, it } from "vitest";
import { SseParser, type SseMessage } from "../src/sse.ts";

interface Heard {
  messages: SseMessage[];
  retries: number[];
  comments: string[];
}

function parse(chunks: Uint8Array[]): Heard {
  const heard: Heard = { messages: [], retries: [], comments: [] };
  const parser = new SseParser({
    message: (message) => heard.messages.push(message),
    retry: (ms) => heard.retries.push(ms),
    comment: (text) => heard.comments.push(text),
  });
  for (const chunk of chunks) parser.push(chunk);
  return heard;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const message = (data: string, more: Partial<SseMessage> = {}): SseMessage => ({
  event: "message",
  data,
  lastEventId: more.id ?? "",
  ...more,
});

const CASES: [name: string, input: string, messages: SseMessage[]][] = [
  ["one line", "data: a\n\n", [message("a")]],
  ["no space after the colon", "data:a\n\n", [message("a")]],
  ["only one space is taken", "data:  a\n\n", [message(" a")]],
  ["lines ended by CR", "data: a\r\rdata: b\r\r", [message("a"), message("b")]],
  ["lines ended by CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", [message("a"), message("b")]],
  ["line ends mixed", "data: a\r\n\rdata: b\n\r\n", [message("a"), message("b")]],
  ["a BOM at the start", "\uFEFFdata: a\n\n", [message("a")]],
  ["a second BOM is text", "\uFEFF\uFEFFdata: a\n\n", []],
  ["several data lines", "data: a\ndata\ndata: c\n\n", [message("a\n\nc")]],
  ["empty data is delivered", "data:\n\n", [message("")]],
  ["an event without data is not", "event: x\nid: 1\n\ndata: a\n\n", [message("a", { lastEventId: "1" })]],
  ["an unfinished event is not", "data: a\n\ndata: b\n", [message("a")]],
  ["comments between", ": hi\ndata: a\n:\n\n", [message("a")]],
  ["an event type", "event: score.changed\ndata: a\n\n", [message("a", { event: "score.changed" })]],
  ["the last event type wins", "event: x\nevent: y\ndata: a\n\n", [message("a", { event: "y" })]],
  ["an id", "id: 1-4\ndata: a\n\n", [message("a", { id: "1-4" })]],
  [
    "an id stays in force and is not given again",
    "id: 7\ndata: a\n\ndata: b\n\n",
    [message("a", { id: "7" }), message("b", { lastEventId: "7" })],
  ],
  ["an empty id resets", "id: 7\ndata: a\n\nid\ndata: b\n\n", [message("a", { id: "7" }), message("b", { id: "" })]],
  ["an id with NULL is ignored", "id: 7\0\ndata: a\n\n", [message("a")]],
  ["unknown fields", "foo: bar\nDATA: x\ndata: a\n\n", [message("a")]],
  ["a colon in the value", "data: a: b:c\n\n", [message("a: b:c")]],
  ["a field name alone", "data\n\n", [message("")]],
  ["text beyond ASCII", "data: Größe ⚽ 👩‍👩‍👧\n\n", [message("Größe ⚽ 👩‍👩‍👧")]],
];

describe("SseParser", () => {
  for (const [name, input, messages] of CASES) {
    it(`reads ${name}`, () => {
      expect(parse([bytes(input)]).messages).toEqual(messages);
    });

    it(`reads ${name}, cut at every byte`, () => {
      const whole = bytes(input);
      for (let cut = 0; cut <= whole.length; cut++) {
        expect(parse([whole.slice(0, cut), whole.slice(cut)]).messages, `cut at ${cut}`).toEqual(messages);
      }
      expect(parse([...whole].map((byte) => Uint8Array.of(byte))).messages).toEqual(messages);
    });
  }

  it("takes a retry of digits only", () => {
    expect(parse([bytes("retry: 2500\nretry: -1\nretry: 1.5\nretry: x\nretry:\nretry:10\n")]).retries).toEqual([2500, 10]);
  });

  it("hands over comments", () => {
    expect(parse([bytes(": one\n:two\n")]).comments).toEqual([" one", "two"]);
  });

  it("refuses an event without end", () => {
    const parser = new SseParser({ message: () => {} });
    const piece = bytes("data: ".padEnd(1024 * 1024, "x"));
    expect(() => {
      for (let i = 0; i < 20; i++) parser.push(piece);
    }).toThrow(RangeError);
  });
});

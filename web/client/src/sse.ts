/**
 * A parser for `text/event-stream`, fed with bytes in chunks of any size.
 * Follows the WHATWG rules to the letter: CR, LF and CRLF end lines (also when a CRLF is cut in two), one BOM is
 * skipped, an `id` holding NULL is ignored, and an event not closed by an empty line is never delivered.
 * One addition: it tells whether *this* event carried an id, because only durable entries do.
 */

export interface SseMessage {
  event: string;
  data: string;
  /** The id given in this very event, if one was. */
  id?: string;
  /** The id in force, as `EventSource` would report it. */
  lastEventId: string;
}

export interface SseHandlers {
  message(message: SseMessage): void;
  retry?(ms: number): void;
  comment?(text: string): void;
}

/** A line longer than this can't be ours; giving up beats growing without end. */
const MAX_EVENT_CHARS = 16 * 1024 * 1024;

export class SseParser {
  readonly #handlers: SseHandlers;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: false });
  #line = "";
  #afterCr = false;
  #event = "";
  #data: string[] = [];
  #dataChars = 0;
  #id: string | undefined;
  #lastEventId: string;

  constructor(handlers: SseHandlers, lastEventId = "") {
    this.#handlers = handlers;
    this.#lastEventId = lastEventId;
  }

  push(bytes: Uint8Array): void {
    this.#text(this.#decoder.decode(bytes, { stream: true }));
  }

  #text(text: string): void {
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code !== 10 && code !== 13) {
        this.#afterCr = false;
        continue;
      }
      if (code === 10 && this.#afterCr) {
        // The second half of a CRLF whose first half has already ended the line.
        this.#afterCr = false;
        start = i + 1;
        continue;
      }
      this.#afterCr = code === 13;
      const line = this.#line + text.slice(start, i);
      this.#line = "";
      start = i + 1;
      this.#take(line);
    }
    this.#line += text.slice(start);
    if (this.#line.length + this.#dataChars > MAX_EVENT_CHARS) {
      throw new RangeError("an event of the stream is larger than this client accepts");
    }
  }

  #take(line: string): void {
    if (line === "") {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) {
      this.#handlers.comment?.(line.slice(1));
      return;
    }
    const name = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    switch (name) {
      case "event":
        this.#event = value;
        break;
      case "data":
        this.#data.push(value);
        this.#dataChars += value.length;
        break;
      case "id":
        if (!value.includes("\0")) {
          this.#id = value;
          this.#lastEventId = value;
        }
        break;
      case "retry":
        if (/^[0-9]+$/.test(value)) this.#handlers.retry?.(Number(value));
        break;
    }
  }

  #dispatch(): void {
    const data = this.#data;
    const event = this.#event;
    const id = this.#id;
    this.#data = [];
    this.#dataChars = 0;
    this.#event = "";
    this.#id = undefined;
    if (data.length === 0) return;
    const message: SseMessage = {
      event: event || "message",
      data: data.join("\n"),
      lastEventId: this.#lastEventId,
    };
    if (id !== undefined) message.id = id;
    this.#handlers.message(message);
  }
}

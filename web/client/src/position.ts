/**
 * Where somebody who reads a stream stands in the log. Takes frames in the order they came and keeps those that say
 * something new: what resumes, reconnects and other tabs bring twice ends here.
 */
import { alreadySeen } from "./cursor.ts";
import type { Frame } from "./frame.ts";

export class Position {
  #cursor: string | undefined;

  constructor(after?: string) {
    this.#cursor = after;
  }

  /** The last entry taken: what a later stream may resume after. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  take(frames: readonly Frame[]): Frame[] {
    return frames.filter((frame) => this.#isNew(frame));
  }

  #isNew(frame: Frame): boolean {
    if (frame.type === "stream.snapshot") {
      // A snapshot is a new beginning, even when it lies behind what was seen.
      this.#cursor = frame.data.cursor ?? frame.cursor;
    } else if (frame.type === "stream.reset") {
      this.#cursor = undefined;
    } else if (frame.cursor !== undefined && !frame.type.startsWith("stream.")) {
      if (alreadySeen(frame.cursor, this.#cursor)) return false;
      this.#cursor = frame.cursor;
    }
    return true;
  }
}

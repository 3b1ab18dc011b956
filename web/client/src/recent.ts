/**
 * What the stream said lately, kept by every tab so that whoever leads can tell a tab that comes late or lost the
 * thread. Bounded: the oldest goes first, and who needs more than is here asks the server for a snapshot.
 */
import { alreadySeen, parseCursor } from "./cursor.ts";
import type { Frame } from "./frame.ts";

/** About a minute of a loud room; a frame is some hundred bytes. */
export const KEEP_FRAMES = 1_000;

/** What a tab remembers of a stream, for those who come late. */
export interface Memory {
  /** Opens every stream; says who is reading. */
  readonly ready: Frame | undefined;
  /** True while there is nothing here to begin from. */
  readonly empty: boolean;
  add(frames: readonly Frame[], before: string | undefined): void;
  /** What to fold in after `cursor` to be at the present, or undefined when that is more than is here. */
  since(cursor: string | undefined): Frame[] | undefined;
}

export class Recent implements Memory {
  readonly #keep: number;
  #ready: Frame | undefined;
  /** The snapshot all frames here follow, until it is too far back. */
  #base: Frame | undefined;
  /** Everything after this cursor is here. */
  #from: string | undefined;
  #entries: Frame[] = [];
  /** Signals are the state of a moment: of each kind the last one counts. */
  #signals = new Map<string, Frame>();

  constructor(keep = KEEP_FRAMES) {
    this.#keep = keep;
  }

  get ready(): Frame | undefined {
    return this.#ready;
  }

  get empty(): boolean {
    return this.#base === undefined && this.#from === undefined;
  }

  add(frames: readonly Frame[], before: string | undefined): void {
    for (const frame of frames) this.#put(frame, before);
    if (this.#entries.length <= this.#keep) return;
    const dropped = this.#entries.splice(0, this.#entries.length - this.#keep);
    this.#from = dropped.at(-1)?.cursor ?? this.#from;
    this.#base = undefined;
  }

  #put(frame: Frame, before: string | undefined): void {
    switch (frame.type) {
      case "stream.ready":
        this.#ready = frame;
        return;
      case "stream.snapshot":
        this.#base = frame;
        this.#from = frame.data.cursor ?? frame.cursor;
        this.#entries = [];
        this.#signals.clear();
        return;
      case "stream.reset":
        this.#base = undefined;
        this.#from = undefined;
        this.#entries = [];
        return;
    }
    // A piece of an answer says nothing without those before it.
    if (frame.type.startsWith("stream.") || frame.type === "assistant.delta") return;
    if (frame.cursor === undefined) this.#signals.set(frame.type, frame);
    else {
      // Resumed from where somebody stood: nothing before that is here.
      if (this.empty) this.#from = before;
      this.#entries.push(frame);
    }
  }

  since(cursor: string | undefined): Frame[] | undefined {
    const signals = [...this.#signals.values()];
    if (reaches(this.#from, cursor)) {
      return [...this.#entries.filter((entry) => !alreadySeen(entry.cursor, cursor)), ...signals];
    }
    return this.#base ? [this.#base, ...this.#entries, ...signals] : undefined;
  }
}

/** Whether everything after `cursor` is here, when everything after `from` is. */
function reaches(from: string | undefined, cursor: string | undefined): boolean {
  if (parseCursor(from)?.epoch !== parseCursor(cursor)?.epoch) return false;
  return alreadySeen(from, cursor);
}

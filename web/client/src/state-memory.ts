/**
 * What a stream without a log said, kept as its sum: whoever comes late is told the whole of it in one frame. The other
 * kind of memory, for streams whose entries are numbered, is `recent.ts`.
 */
import type { Frame } from "./frame.ts";
import type { Memory } from "./recent.ts";

export class StateMemory<State> implements Memory {
  readonly #fold: (state: State, frame: Frame) => State;
  readonly #frameOf: (state: State) => Frame | undefined;
  #state: State;
  #ready: Frame | undefined;

  constructor(empty: State, fold: (state: State, frame: Frame) => State, frameOf: (state: State) => Frame | undefined) {
    this.#state = empty;
    this.#fold = fold;
    this.#frameOf = frameOf;
  }

  get ready(): Frame | undefined {
    return this.#ready;
  }

  get empty(): boolean {
    return this.#frameOf(this.#state) === undefined;
  }

  add(frames: readonly Frame[]): void {
    for (const frame of frames) {
      if (frame.type === "stream.ready") this.#ready = frame;
      this.#state = this.#fold(this.#state, frame);
    }
  }

  since(): Frame[] | undefined {
    const whole = this.#frameOf(this.#state);
    return whole && [whole];
  }
}

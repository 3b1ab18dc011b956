/**
 * Gathers frames and hands them on once per animation frame: at a hundred messages a second the page is drawn
 * as often as the screen, not as often as the network. A hidden page has no animation frames; a slow timer
 * stands in, so that nothing piles up behind a tab nobody looks at.
 */
import type { Frame } from "@grandstand/client";

const HIDDEN_MS = 1_000;

export class FrameQueue {
  readonly #take: (frames: Frame[]) => void;
  #frames: Frame[] = [];
  #cancel: (() => void) | undefined;

  constructor(take: (frames: Frame[]) => void) {
    this.#take = take;
    // A page hidden between asking for a frame and getting one would wait until it is shown again.
    document.addEventListener("visibilitychange", this.#onVisibility);
  }

  push(frames: readonly Frame[]): void {
    for (const frame of frames) this.#frames.push(frame);
    if (!this.#cancel) this.#schedule();
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#frames = [];
  }

  readonly #onVisibility = (): void => {
    if (!this.#cancel) return;
    this.#cancel();
    this.#schedule();
  };

  #schedule(): void {
    if (document.hidden) {
      const timer = setTimeout(() => this.#flush(), HIDDEN_MS);
      this.#cancel = () => clearTimeout(timer);
    } else {
      const frame = requestAnimationFrame(() => this.#flush());
      this.#cancel = () => cancelAnimationFrame(frame);
    }
  }

  #flush(): void {
    this.#cancel = undefined;
    const frames = this.#frames;
    this.#frames = [];
    if (frames.length > 0) this.#take(frames);
  }

  /** The room is left for good. */
  close(): void {
    this.clear();
    document.removeEventListener("visibilitychange", this.#onVisibility);
  }
}

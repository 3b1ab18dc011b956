/**
 * Which of many tabs leads: the one that holds a Web Lock. The browser hands it on as soon as a tab closes or crashes;
 * from one that hangs it can be taken.
 */
import type { LocksLike } from "./tabs.ts";

export interface ElectionHandlers {
  onLead(): void;
  /** The lock was taken from us. */
  onLost(): void;
}

export class Election {
  readonly #name: string;
  readonly #locks: LocksLike;
  readonly #handlers: ElectionHandlers;
  #round = 0;
  #waiting: AbortController | undefined;
  #release: (() => void) | undefined;

  constructor(name: string, locks: LocksLike, handlers: ElectionHandlers) {
    this.#name = name;
    this.#locks = locks;
    this.#handlers = handlers;
  }

  get leading(): boolean {
    return this.#release !== undefined;
  }

  /** Waits in line, and leads when the turn comes. */
  stand(): void {
    if (this.#release || this.#waiting) return;
    this.#waiting = new AbortController();
    this.#ask({ signal: this.#waiting.signal });
  }

  /** Takes the lock from whoever holds it. */
  take(): void {
    if (this.#release) return;
    this.#withdraw();
    this.#ask({ steal: true });
  }

  leave(): void {
    this.#withdraw();
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  #withdraw(): void {
    this.#round += 1;
    this.#waiting?.abort();
    this.#waiting = undefined;
  }

  #ask(options: LockOptions): void {
    const round = ++this.#round;
    const over = (): void => {
      if (round !== this.#round || !this.#release) return;
      this.#release = undefined;
      this.#handlers.onLost();
    };
    const held = (): Promise<void> | undefined => {
      // Withdrawn while the browser was about to hand it over.
      if (round !== this.#round) return undefined;
      this.#waiting = undefined;
      return new Promise<void>((release) => {
        this.#release = release;
        this.#handlers.onLead();
      });
    };
    this.#locks.request(this.#name, options, held).then(over, over);
  }
}

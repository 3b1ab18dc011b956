/**
 * Gathers my own clapping: every press is drawn at once, but only one request a second tells the server, so
 * that somebody drumming on the button is no burden and loses nothing within reason.
 */
import type { ApplauseKind } from "@grandstand/client";

const SEND_EVERY_MS = 1_000;
/** The most the server takes in one go; more than this per second is not counted. */
const MOST_AT_ONCE = 10;

export class ApplauseSender {
  readonly #send: (kind: ApplauseKind, count: number) => Promise<unknown>;
  #waiting = new Map<ApplauseKind, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (kind: ApplauseKind, count: number) => Promise<unknown>) {
    this.#send = send;
  }

  add(kind: ApplauseKind): void {
    this.#waiting.set(kind, Math.min(MOST_AT_ONCE, (this.#waiting.get(kind) ?? 0) + 1));
    // The first press goes at once; those that follow within the second go together.
    if (this.#timer === undefined) this.#flush();
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    for (const [kind, count] of this.#waiting) {
      // Applause that was refused or lost is not worth a word to the person clapping.
      this.#send(kind, count).catch(() => {});
    }
    this.#waiting.clear();
    this.#timer = setTimeout(() => this.#flush(), SEND_EVERY_MS);
  }
}

/**
 * Says that I am typing while I am: at once when I begin, then now and then, and that I stopped when I send, empty the
 * field or only sit there. The server lets go of it by itself after six seconds.
 */
export const AGAIN_MS = 3_000;
export const IDLE_MS = 5_000;

type Tell = (typing: boolean, parentId: string | undefined) => Promise<unknown>;

export class TypingSender {
  readonly #tell: Tell;
  readonly #parentId: string | undefined;
  #toldAt: number | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: Tell, parentId: string | undefined) {
    this.#tell = tell;
    this.#parentId = parentId;
  }

  /** The text has changed to this. */
  typed(text: string): void {
    if (text.trim() === "") return this.stop();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.stop(), IDLE_MS);
    const now = Date.now();
    if (this.#toldAt !== undefined && now - this.#toldAt < AGAIN_MS) return;
    this.#toldAt = now;
    this.#say(true);
  }

  /** Sending ends it at the server as well, so that nothing need be said. */
  sent(): void {
    clearTimeout(this.#idle);
    this.#toldAt = undefined;
  }

  stop(): void {
    clearTimeout(this.#idle);
    if (this.#toldAt === undefined) return;
    this.#toldAt = undefined;
    this.#say(false);
  }

  #say(typing: boolean): void {
    // Who hears it or not is not worth a word to the person typing.
    this.#tell(typing, this.#parentId).catch(() => {});
  }
}

/**
 * Tells the room when somebody stops looking, and when they look again. A glance at another tab is not going away, so
 * leaving is told after a while, coming back at once; and who still looks at the room in another tab is not away.
 */
import type { AwayNote } from "./notes.ts";

export const AWAY_AFTER_MS = 30_000;
/** How long other tabs have to say that they are being looked at. */
export const ANSWER_MS = 500;

type Status = "online" | "away";

export class Away {
  readonly #tell: (status: Status) => Promise<unknown>;
  readonly #say: (note: AwayNote) => void;
  #told: Status = "online";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (status: Status) => Promise<unknown>, say: (note: AwayNote) => void) {
    this.#tell = tell;
    this.#say = say;
  }

  watch(): void {
    document.addEventListener("visibilitychange", this.#look);
  }

  stop(): void {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#look);
  }

  hear(note: AwayNote): void {
    if (note.kind === "told") this.#told = note.status;
    else if (note.kind === "looking" && !document.hidden) this.#say({ kind: "here" });
    // Whoever looks there will say so when they stop.
    else if (note.kind === "here") clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    clearTimeout(this.#timer);
    if (!document.hidden) return this.#become("online");
    this.#timer = setTimeout(() => {
      this.#say({ kind: "looking" });
      this.#timer = setTimeout(() => this.#become("away"), ANSWER_MS);
    }, AWAY_AFTER_MS);
  };

  #become(status: Status): void {
    if (this.#told === status) return;
    this.#told = status;
    this.#say({ kind: "told", status });
    // Presence is a courtesy; the stream itself says who is really here.
    this.#tell(status).catch(() => {});
  }
}

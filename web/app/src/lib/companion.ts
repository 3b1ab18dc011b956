/**
 * A stream beside those of rooms. Over HTTP/1.1 a browser holds six connections to a server, and every room takes one for
 * good: where many rooms are open, this one stands back and asks now and then instead, so that actions still get through.
 */

/** Between two looks; also between two questions while there is no room for a stream. */
const LOOK_MS = 10_000;

export interface CompanionTasks {
  connect: () => void;
  disconnect: () => void;
  /** Asks for what the stream would have told. */
  ask: () => Promise<void>;
  /** Up to so many rooms there is a connection for it. */
  mostRooms: number;
}

export class Companion {
  readonly #tasks: CompanionTasks;
  readonly #rooms: () => Promise<number>;
  #timer: ReturnType<typeof setInterval> | undefined;
  #state: "closed" | "streaming" | "asking" = "closed";

  constructor(tasks: CompanionTasks, rooms = openRooms) {
    this.#tasks = tasks;
    this.#rooms = rooms;
  }

  open(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    void this.#look();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#state === "streaming") this.#tasks.disconnect();
    this.#state = "closed";
  }

  async #look(): Promise<void> {
    const timer = this.#timer;
    const crowded = (await this.#rooms()) > this.#tasks.mostRooms;
    // Closed, or closed and opened again, meanwhile.
    if (timer === undefined || timer !== this.#timer) return;
    if (!crowded) {
      if (this.#state !== "streaming") this.#tasks.connect();
      this.#state = "streaming";
      return;
    }
    if (this.#state === "streaming") this.#tasks.disconnect();
    this.#state = "asking";
    if (!globalThis.document?.hidden) await this.#tasks.ask().catch(() => {});
  }
}

/** Rooms of this browser that hold a connection of their own: their streams are locks, see `SharedStream`. */
async function openRooms(): Promise<number> {
  const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (page && !page.nextHopProtocol.startsWith("http/1")) return 0;
  const held = (await navigator.locks?.query())?.held ?? [];
  return held.filter(({ name }) => name?.startsWith("grandstand/") && !name.startsWith("grandstand/outbox/")).length;
}

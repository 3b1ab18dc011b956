/** What became of a message of mine, as its author sees it. Pure; telling how far I have read is `ReadMarker`. */
import { type Message, type RoomState } from "@grandstand/client";
import { plural } from "./clock.ts";

export interface Delivery {
  state: "accepted" | "delivered" | "read";
  text: string;
}

export function deliveryOf(message: Message, room: RoomState): Delivery {
  const readers = Object.values(room.receipts).filter(
    (mark) => mark.seq >= message.seq && mark.user_id !== message.author.id,
  ).length;
  if (readers > 0) return { state: "read", text: `Read by ${plural(readers, "other")}` };
  if (message.seq <= room.deliveredSeq) return { state: "delivered", text: "Delivered" };
  return { state: "accepted", text: "Sent" };
}

/** Marks are told together and late: nobody waits for them to the second. */
export const MARK_EVERY_MS = 2_000;

/** Tells the server how far I have read: only forward, and not for every message. */
export class ReadMarker {
  readonly #tell: (messageId: string) => Promise<unknown>;
  #told = 0;
  #wanted: Message | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (messageId: string) => Promise<unknown>) {
    this.#tell = tell;
  }

  /** This was before my eyes. */
  saw(message: Message): void {
    if (message.seq <= Math.max(this.#told, this.#wanted?.seq ?? 0)) return;
    this.#wanted = message;
    this.#timer ??= setTimeout(() => this.#say(), MARK_EVERY_MS);
  }

  /** Another device, or an earlier visit, has read as far as this. */
  known(seq: number): void {
    this.#told = Math.max(this.#told, seq);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wanted = undefined;
    this.#told = 0;
  }

  #say(): void {
    const message = this.#wanted;
    this.#timer = undefined;
    this.#wanted = undefined;
    if (!message || message.seq <= this.#told) return;
    this.#told = message.seq;
    this.#tell(message.id).catch(() => {
      // Said again with the next message; a mark lost is a mark later.
    });
  }
}

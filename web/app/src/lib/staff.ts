/**
 * What only those do who run a room or keep order in it. What came of it is told by the stream, to them as to others; whether
 * they may is the server's to say.
 */
import type { EventPatch, Message, NewPoll, NewSanction, Poll, RoomSettings } from "@grandstand/client";
import { session } from "./session.svelte.ts";

export class Staff {
  readonly #event: string;

  constructor(event: string) {
    this.#event = event;
  }

  async changeSettings(change: Partial<RoomSettings>): Promise<void> {
    await session.api.changeRoom(this.#event, change);
  }

  async changeEvent(change: EventPatch): Promise<void> {
    // Read anew: what is on show may be a moment behind, and a switch is meant whatever else was changed.
    const { version } = await session.api.event(this.#event);
    await session.api.changeEvent(this.#event, version, change);
  }

  async openPoll(poll: NewPoll): Promise<void> {
    await session.api.openPoll(this.#event, poll);
  }

  async closePoll(poll: Poll): Promise<void> {
    await session.api.closePoll(this.#event, poll.id);
  }

  async pin(message: Message, on: boolean): Promise<void> {
    await session.api.pin(this.#event, message.id, on);
  }

  async hide(message: Message, reason?: string): Promise<void> {
    await session.api.hide(this.#event, message.id, reason);
  }

  async reject(message: Message, reason: string): Promise<void> {
    await session.api.reject(this.#event, message.id, reason);
  }

  async release(message: Message): Promise<void> {
    await session.api.release(this.#event, message.id);
  }

  async sanction(sanction: NewSanction, hide: boolean): Promise<void> {
    await session.api.sanction(this.#event, sanction);
    if (hide && sanction.message_id) await session.api.hide(this.#event, sanction.message_id, sanction.reason);
  }

  async award(userId: string, badge: string, on: boolean): Promise<void> {
    await session.api.award(this.#event, userId, badge, on);
  }
}

/** My reactions in a room: a press shows at once, and stays until the tally that includes it comes. */
import { withMine, type Message } from "@grandstand/client";
import { toggleKey, type Toggles } from "./reactions.ts";
import type { Room } from "./room.svelte.ts";
import { session } from "./session.svelte.ts";

/** How long a confirmed toggle waits for its tally; longer where one watches late. */
const LINGERS_MS = 2_000;

export class Reacting {
  toggles = $state.raw<Toggles>({});
  readonly #room: Pick<Room, "slug" | "state" | "viewing" | "tell">;

  constructor(room: Pick<Room, "slug" | "state" | "viewing" | "tell">) {
    this.#room = room;
  }

  async react(message: Message, emoji: string): Promise<void> {
    const room = this.#room;
    const key = toggleKey(message.id, emoji);
    const on = !this.#isMine(message.id, emoji);
    const base = message.reactions.find((one) => one.emoji === emoji)?.count ?? 0;
    const toggle = { on, base };
    this.toggles = { ...this.toggles, [key]: toggle };
    const settle = (): void => {
      // A later toggle of the same emoji has taken over.
      if (this.toggles[key] !== toggle) return;
      const { [key]: _settled, ...others } = this.toggles;
      this.toggles = others;
    };
    try {
      await session.api.react(room.slug, message.id, emoji, on);
      room.state = withMine(room.state, message.id, emoji, on);
      room.tell({ kind: "mine", id: message.id, emoji, on });
      setTimeout(settle, LINGERS_MS + room.viewing.delayMs);
    } catch (error) {
      settle();
      throw error;
    }
  }

  #isMine(messageId: string, emoji: string): boolean {
    const toggle = this.toggles[toggleKey(messageId, emoji)];
    return toggle ? toggle.on : (this.#room.state.mine[messageId] ?? []).includes(emoji);
  }
}

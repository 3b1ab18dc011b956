/** Events that ended too long ago for the lobby, asked for page by page when somebody wants them. */
import type { LobbyEvent } from "@grandstand/client";
import { asLobbyEvent, type LobbyWish } from "./lobby-filter.ts";
import { session } from "./session.svelte.ts";

const PAGE = 30;

export class Archive {
  items = $state.raw<readonly LobbyEvent[]>([]);
  loading = $state(false);
  exhausted = $state(false);
  failed = $state(false);
  #cursor: string | undefined;
  /** Answers to an earlier wish are not for this one. */
  #round = 0;

  /** Another wish: what was found for the one before is let go. */
  clear(): void {
    this.#round += 1;
    this.items = [];
    this.#cursor = undefined;
    this.loading = this.exhausted = this.failed = false;
  }

  async more(wish: LobbyWish): Promise<void> {
    if (this.loading || this.exhausted) return;
    const round = this.#round;
    this.loading = true;
    this.failed = false;
    try {
      const page = await session.api.events({
        status: "completed",
        limit: PAGE,
        ...(wish.kind === "" ? {} : { kind: wish.kind }),
        ...(wish.text.trim() === "" ? {} : { q: wish.text.trim() }),
        ...(this.#cursor === undefined ? {} : { after: this.#cursor }),
      });
      if (round !== this.#round) return;
      this.items = [...this.items, ...page.items.map(asLobbyEvent)];
      this.#cursor = page.next_cursor;
      this.exhausted = page.next_cursor === undefined;
    } catch {
      if (round === this.#round) this.failed = true;
    } finally {
      if (round === this.#round) this.loading = false;
    }
  }
}

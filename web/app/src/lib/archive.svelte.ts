/** Events too far off for the lobby: those to come, or those long over, asked for page by page. */
import type { LobbyEvent } from "@grandstand/client";
import { asLobbyEvent, type LobbyWish } from "./lobby-filter.ts";
import { session } from "./session.svelte.ts";

const PAGE = 50;
/** The list has what is farthest off first: of what is to come only so much is asked for. */
const AHEAD_MS = 14 * 86_400_000;

export class Archive {
  items = $state.raw<readonly LobbyEvent[]>([]);
  loading = $state(false);
  exhausted = $state(false);
  failed = $state(false);
  readonly #status: "scheduled" | "completed";
  #cursor: string | undefined;
  /** Answers to an earlier wish are not for this one. */
  #round = 0;

  constructor(status: "scheduled" | "completed") {
    this.#status = status;
  }

  /** Another wish, or another person: what was found before stays until something is found for this one. */
  beginAnew(): void {
    this.#round += 1;
    this.#cursor = undefined;
    this.loading = this.exhausted = this.failed = false;
  }

  async more(wish: LobbyWish): Promise<void> {
    if (this.loading || this.exhausted) return;
    const round = this.#round;
    const before = this.#cursor === undefined ? [] : this.items;
    this.loading = true;
    this.failed = false;
    try {
      const page = await session.api.events({
        status: this.#status,
        ...(this.#status === "scheduled" ? { starts_before: new Date(Date.now() + AHEAD_MS).toISOString() } : {}),
        limit: PAGE,
        ...(wish.kind === "" ? {} : { kind: wish.kind }),
        ...(wish.text.trim() === "" ? {} : { q: wish.text.trim() }),
        ...(this.#cursor === undefined ? {} : { after: this.#cursor }),
      });
      if (round !== this.#round) return;
      this.items = [...before, ...page.items.map(asLobbyEvent)];
      this.#cursor = page.next_cursor;
      this.exhausted = page.next_cursor === undefined;
    } catch {
      if (round === this.#round) this.failed = true;
    } finally {
      if (round === this.#round) this.loading = false;
    }
  }
}

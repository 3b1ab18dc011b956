/** The way back through a room's messages, page by page, for somebody who reads the past. */
import { withOlder } from "@grandstand/client";
import type { Room } from "./room.svelte.ts";

const PAGE = 100;
/** The first pages may lie within what is already here. */
const MOST_PAGES = 8;

export class History {
  loading = $state(false);
  readonly #room: Pick<Room, "slug" | "state" | "viewing">;
  readonly #most: number;
  #cursor: string | undefined;

  constructor(room: Pick<Room, "slug" | "state" | "viewing">, most: number) {
    this.#room = room;
    this.#most = most;
  }

  /** A replay begins with what was said by then; what lay before it is in the whole room. */
  get hasMore(): boolean {
    return this.#room.state.hasOlder && this.#room.viewing.replay === undefined;
  }

  forget(): void {
    this.#cursor = undefined;
  }

  /** Walks backwards until a page holds something new: only the server knows how to name a position in its history. */
  async older(): Promise<void> {
    const room = this.#room;
    if (this.loading || !this.hasMore || room.state.messages.length >= this.#most) return;
    this.loading = true;
    try {
      for (let pages = 0; pages < MOST_PAGES; pages++) {
        const page = await room.viewing.api.history(room.slug, {
          limit: PAGE,
          ...(this.#cursor === undefined ? {} : { before: this.#cursor }),
        });
        this.#cursor = page.next_cursor;
        const exhausted = page.next_cursor === undefined;
        const had = room.state.messages.length;
        room.state = withOlder(room.state, page.items, exhausted);
        if (exhausted || room.state.messages.length > had) return;
      }
    } catch {
      // The button stays; whoever wants more asks again.
    } finally {
      this.loading = false;
    }
  }
}

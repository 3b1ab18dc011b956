/** Whom and what I follow, known to every page. A press counts at once and is taken back when the server says no. */
import type { FollowKind } from "@grandstand/client";
import { session } from "./session.svelte.ts";

const PAGE = 200;
/** No more may be followed. */
const MOST = 500;

class Follows {
  /** Moves on with every confirmed change, so that what depends on it is asked for again. */
  version = $state(0);
  #keys = $state.raw<ReadonlySet<string>>(new Set());

  has(kind: FollowKind, id: string): boolean {
    return this.#keys.has(keyOf(kind, id));
  }

  get any(): boolean {
    return this.#keys.size > 0;
  }

  async load(): Promise<void> {
    if (!session.user) {
      this.#keys = new Set();
      return;
    }
    try {
      const keys = new Set<string>();
      let after: string | undefined;
      do {
        const page = await session.api.my.follows({ limit: PAGE, ...(after === undefined ? {} : { after }) });
        for (const one of page.items) keys.add(keyOf(one.kind, one.id));
        after = page.next_cursor;
      } while (after !== undefined && keys.size < MOST);
      this.#keys = keys;
      this.version += 1;
    } catch {
      // The stars stay empty; a press tells the server all the same.
    }
  }

  async set(kind: FollowKind, id: string, on: boolean): Promise<void> {
    this.#put(kind, id, on);
    try {
      await session.api.my.follow(kind, id, on);
      this.version += 1;
    } catch (error) {
      this.#put(kind, id, !on);
      throw error;
    }
  }

  #put(kind: FollowKind, id: string, on: boolean): void {
    const keys = new Set(this.#keys);
    if (on) keys.add(keyOf(kind, id));
    else keys.delete(keyOf(kind, id));
    this.#keys = keys;
  }
}

function keyOf(kind: FollowKind, id: string): string {
  return `${kind}/${id}`;
}

export const follows = new Follows();

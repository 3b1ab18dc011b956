/** Whom and what I follow, known to every page. A press counts at once and is taken back when the server says no. */
import type { Follow, FollowKind } from "@grandstand/client";
import { session } from "./session.svelte.ts";

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
      const { items } = await session.api.my.follows();
      this.#keys = new Set(items.map((one: Follow) => keyOf(one.kind, one.id)));
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

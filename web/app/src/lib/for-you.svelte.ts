/**
 * My feed: what is on, next and just over among what I follow. Which events belong to it only the server knows; how they
 * stand is told by the lobby, so that scores here never lag behind those beside them.
 */
import type { LobbyEvent } from "@grandstand/client";
import { session } from "./session.svelte.ts";

const SHOWN = 12;
/** A goal or a kick-off changes many events at once; one question serves them all. */
const SETTLE_MS = 600;
/** Private events are not in the lobby: how they stand is asked for now and then. */
const EVERY_MS = 60_000;

export class ForYou {
  items = $state.raw<readonly LobbyEvent[]>([]);
  loaded = $state(false);
  #settling: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setInterval> | undefined;

  open(): void {
    this.#again = setInterval(() => {
      if (!document.hidden) this.ask();
    }, EVERY_MS);
  }

  close(): void {
    clearInterval(this.#again);
    clearTimeout(this.#settling);
  }

  ask(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      void this.#read();
    }, SETTLE_MS);
  }

  async #read(): Promise<void> {
    if (!session.user) {
      this.items = [];
      this.loaded = false;
      return;
    }
    try {
      this.items = (await session.api.my.feed({ limit: SHOWN })).items.map((item) => item.event);
      this.loaded = true;
    } catch {
      // What was known stays on show; the next change asks again.
    }
  }
}

/** The books of those who keep order: who is kept from what, whether a raid is on, and what was decided. */
import type { Decision, Raid, Sanction } from "@grandstand/client";
import { session } from "./session.svelte.ts";

const PAGE = 50;

export class Books {
  sanctions = $state.raw<readonly Sanction[]>([]);
  decisions = $state.raw<readonly Decision[]>([]);
  raid = $state.raw<Raid>({ on: false });
  loaded = $state(false);
  moreDecisions = $state(false);
  readonly #slug: string;
  #cursor: string | undefined;

  constructor(slug: string) {
    this.#slug = slug;
  }

  async read(): Promise<void> {
    const [sanctions, raid, audit] = await Promise.all([
      session.api.sanctions(this.#slug, { in_force: true, limit: PAGE }),
      session.api.raid(this.#slug),
      session.api.audit(this.#slug, { limit: PAGE }),
    ]);
    this.sanctions = sanctions.items;
    this.raid = raid;
    this.decisions = audit.items;
    this.#turned(audit.next_cursor);
    this.loaded = true;
  }

  async readOn(): Promise<void> {
    if (this.#cursor === undefined) return;
    const page = await session.api.audit(this.#slug, { limit: PAGE, after: this.#cursor });
    this.decisions = [...this.decisions, ...page.items];
    this.#turned(page.next_cursor);
  }

  #turned(cursor: string | undefined): void {
    this.#cursor = cursor;
    this.moreDecisions = cursor !== undefined;
  }

  async lift(sanction: Sanction): Promise<void> {
    await session.api.liftSanction(this.#slug, sanction.id);
    await this.read();
  }

  async setRaid(on: boolean): Promise<void> {
    this.raid = await session.api.setRaid(this.#slug, on);
    await this.read();
  }
}

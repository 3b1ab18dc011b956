/**
 * The front page's list, asked for again every few seconds: politely, with a little jitter, not while the page
 * is hidden, and only the few live events get their score and crowd.
 */
import type { EventStatusReport, LiveEvent, Scoreboard } from "@grandstand/client";
import { session } from "./session.svelte.ts";

const EVERY_MS = 10_000;
/** Score and viewers cost two requests per event; beyond these the cards do without. */
const MOST_DETAILED = 6;

export interface LiveItem {
  event: LiveEvent;
  contest?: Scoreboard;
  status?: EventStatusReport;
}

export class Listing {
  loaded = $state(false);
  failed = $state(false);
  live = $state.raw<readonly LiveItem[]>([]);
  upcoming = $state.raw<readonly LiveEvent[]>([]);
  finished = $state.raw<readonly LiveEvent[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  get empty(): boolean {
    return this.live.length + this.upcoming.length + this.finished.length === 0;
  }

  open(): void {
    document.addEventListener("visibilitychange", this.#onVisibility);
    void this.#round();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#onVisibility);
  }

  readonly #onVisibility = (): void => {
    if (document.hidden) return;
    clearTimeout(this.#timer);
    void this.#round();
  };

  async #round(): Promise<void> {
    if (!document.hidden) await this.#refresh();
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#round(), EVERY_MS * (0.85 + Math.random() * 0.3));
  }

  async #refresh(): Promise<void> {
    try {
      const [live, paused, scheduled, completed] = await Promise.all(
        ["live", "paused", "scheduled", "completed"].map((status) =>
          session.api.events({ status, limit: 50 }),
        ),
      );
      const running = [...(live?.items ?? []), ...(paused?.items ?? [])].sort(
        (a, b) => Number(b.featured) - Number(a.featured) || byTime(a, b),
      );
      this.live = await Promise.all(running.map((event, i) => detailed(event, i < MOST_DETAILED)));
      this.upcoming = (scheduled?.items ?? []).toSorted(byTime);
      this.finished = (completed?.items ?? []).toSorted((a, b) => byTime(b, a));
      this.loaded = true;
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }
}

function byTime(a: LiveEvent, b: LiveEvent): number {
  return Date.parse(a.scheduled_at) - Date.parse(b.scheduled_at);
}

async function detailed(event: LiveEvent, wanted: boolean): Promise<LiveItem> {
  if (!wanted) return { event };
  const [contest, status] = await Promise.allSettled([
    session.api.contest(event.id),
    session.api.status(event.id),
  ]);
  const item: LiveItem = { event };
  // An event without a contest answers 404, which is no failure of the list.
  if (contest.status === "fulfilled") item.contest = contest.value;
  if (status.status === "fulfilled") item.status = status.value;
  return item;
}

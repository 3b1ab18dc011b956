/** Seeing a finished event once more in its own rhythm: from where, how fast, and what time it is there. Pure. */
import type { LiveEvent } from "@grandstand/client";

export const SPEEDS = [1, 2, 4, 8, 16, 30, 60] as const;

export interface Replay {
  /** Since when it plays, in the event's own time; undefined from the very start. */
  at?: string;
  speed: number;
}

/** What can be replayed: it is over, and it is known when it was. */
export function replayable(event: LiveEvent | undefined): boolean {
  return event?.status === "completed" && event.started_at !== undefined && event.ended_at !== undefined;
}

/** From where a stream is asked to tell. */
export function replayQuery(replay: Replay): Record<string, string> {
  return replay.at === undefined
    ? { from: "start", speed: String(replay.speed) }
    : { at: replay.at, speed: String(replay.speed) };
}

/** Where the replay is, by its own clock: it ticks on between entries, and each entry sets it right. */
export class ReplayClock {
  #atMs: number;
  #since: number;
  #speed: number;

  constructor(atMs: number, speed: number, nowMs: number) {
    this.#atMs = atMs;
    this.#since = nowMs;
    this.#speed = speed;
  }

  read(nowMs: number): number {
    return this.#atMs + (nowMs - this.#since) * this.#speed;
  }

  /** An entry of that moment was told. */
  set(atMs: number, nowMs: number): void {
    this.#atMs = atMs;
    this.#since = nowMs;
  }
}

export function startOf(event: LiveEvent): number {
  return Date.parse(event.started_at ?? event.scheduled_at);
}

export function endOf(event: LiveEvent): number {
  return Date.parse(event.ended_at ?? event.started_at ?? event.scheduled_at);
}

/**
 * At what time a room is watched: now, some seconds behind, or once more after it is over. Knows what to ask the server
 * for that, and what time it is in what is shown.
 */
import type { Frame, GrandstandApi, LiveEvent } from "@grandstand/client";
import { delayOf, keepDelay } from "./delay.ts";
import { ReplayClock, replayQuery, startOf, type Replay } from "./replay.ts";
import { session } from "./session.svelte.ts";

export class Viewing {
  delaySeconds = $state(0);
  replay = $state.raw<Replay | undefined>();
  /** The event that is replayed, as it was when it was over. */
  over = $state.raw<LiveEvent | undefined>();
  /** Server time minus ours, so that the clock agrees with the stadium and not with this device. */
  offsetMs = $state(0);
  readonly #slug: string;
  #offsetKnown = false;
  #clock = $state.raw<ReplayClock | undefined>();

  constructor(slug: string) {
    this.#slug = slug;
    this.delaySeconds = delayOf(slug);
  }

  get delayMs(): number {
    return this.replay ? 0 : this.delaySeconds * 1_000;
  }

  delayBy(seconds: number): void {
    this.delaySeconds = seconds;
    keepDelay(this.#slug, seconds);
  }

  /** `event` is as it is shown now; while a replay plays that is how it was then. */
  play(replay: Replay | undefined, event: LiveEvent | undefined): void {
    if (!this.replay) this.over = event;
    this.replay = replay;
    const from = replay?.at === undefined ? this.over && startOf(this.over) : Date.parse(replay.at);
    this.#clock = replay && from !== undefined ? new ReplayClock(from, replay.speed, Date.now()) : undefined;
  }

  /** Asks of the stream. */
  get query(): Record<string, string> {
    if (this.replay) return replayQuery(this.replay);
    return this.delaySeconds > 0 ? { delay: `${this.delaySeconds}s` } : {};
  }

  /** Tabs share a stream only when they watch at the same time. */
  get share(): string {
    return this.delaySeconds > 0 ? `/${this.delaySeconds}` : "";
  }

  /** Reads everything else as of the same time. What a replay does not tell is not asked for. */
  get api(): GrandstandApi {
    return this.delayMs > 0 ? session.api.behind(this.delaySeconds) : session.api;
  }

  /** What time it is at the server. */
  serverMs(nowMs: number): number {
    return nowMs + this.offsetMs;
  }

  /** What time it is in what is shown. */
  shownMs(nowMs: number): number {
    return this.#clock?.read(nowMs) ?? this.serverMs(nowMs) - this.delayMs;
  }

  forgetClock(): void {
    this.#offsetKnown = false;
  }

  notice(frame: Frame): void {
    if (frame.type === "stream.heartbeat") this.#compare(frame.data.time);
    // What is told late or once more bears the time it happened.
    else if (frame.type === "presence.changed" && frame.at && !this.replay && this.delayMs === 0) this.#compare(frame.at);
    if (this.replay && frame.seq !== undefined && frame.at) this.#clock?.set(Date.parse(frame.at), Date.now());
  }

  /** The sample with the least delay is the truest, and delay only ever makes the offset smaller. */
  #compare(serverTime: string): void {
    const offset = Date.parse(serverTime) - Date.now();
    if (Number.isNaN(offset)) return;
    this.offsetMs = this.#offsetKnown ? Math.max(this.offsetMs, offset) : offset;
    this.#offsetKnown = true;
  }
}

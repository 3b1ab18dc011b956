/**
 * Keeps one event's stream alive: connects, resumes after the last entry seen, drops what came twice, notices
 * silence, and waits politely. It delivers frames in order, each entry once, and never interprets them
 * beyond `stream.*`; drawing a room from them is `room.ts`.
 */
import { backoffMs, DEFAULT_BACKOFF, type Backoff } from "./backoff.ts";
import type { Frame } from "./frame.ts";
import { Position } from "./position.ts";
import { fetchTransport, type Ending, type Transport } from "./transport.ts";
import type { Problem } from "./wire.ts";
import { browserWakeups, type Wakeups } from "./wakeups.ts";

export type Connection =
  | { status: "idle" }
  | { status: "connecting"; attempt: number }
  | { status: "live"; since: number }
  | { status: "reconnecting"; attempt: number; nextTryAt: number; reason: string }
  | { status: "offline" }
  | { status: "closed"; reason: ClosedReason; problem?: Problem };

/** `stopped` is our own doing; the others are the server's last word. */
export type ClosedReason =
  | "stopped"
  | "unauthenticated"
  | "forbidden"
  | "not-found"
  | "refused"
  | (string & {});

export interface StreamOptions {
  url: string;
  /** Asked before every attempt, so that a fresh token or ticket is used. */
  prepare?: () => Promise<{ url?: string; headers?: Record<string, string> }>;
  /** Start after this cursor instead of with a snapshot. */
  after?: string;
  /** False for streams that begin with the whole state each time: a place in them is never asked for. */
  resume?: boolean;
  onFrames: (frames: Frame[]) => void;
  onConnection?: (connection: Connection) => void;
  transport?: Transport;
  backoff?: Partial<Backoff>;
  /** Assumed until `stream.ready` tells; also how long an attempt may take to answer. */
  heartbeatMs?: number;
  random?: () => number;
  wakeups?: Wakeups;
}

/** No bytes for this many heartbeats means the connection is dead, whatever TCP believes. */
const SILENT_HEARTBEATS = 2.5;
/** A stream that lived this long was a success; shorter ones keep counting as failed attempts. */
const PROVEN_MS = 5_000;

export class EventStream {
  readonly #options: StreamOptions;
  readonly #transport: Transport;
  readonly #random: () => number;
  readonly #wakeups: Wakeups;
  readonly #backoff: Backoff;
  readonly #position: Position;
  #connection: Connection = { status: "idle" };
  #heartbeatMs: number;
  #attempt = 0;
  #running: AbortController | undefined;
  #lastByteAt = 0;
  #bye: { reason: string; reconnect: boolean; waitMs: number } | undefined;
  #poke: (() => void) | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#transport = options.transport ?? fetchTransport();
    this.#random = options.random ?? Math.random;
    this.#wakeups = options.wakeups ?? browserWakeups();
    this.#backoff = { ...DEFAULT_BACKOFF, ...options.backoff };
    this.#heartbeatMs = options.heartbeatMs ?? 15_000;
    this.#position = new Position(options.after);
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** The last entry delivered: what a later stream may resume after. */
  get cursor(): string | undefined {
    return this.#position.cursor;
  }

  start(): void {
    if (this.#running) return;
    const controller = new AbortController();
    this.#running = controller;
    this.#attempt = 0;
    const forget = this.#wakeups.listen(() => this.#wake());
    void this.#run(controller.signal).finally(forget);
  }

  stop(): void {
    if (!this.#running) return;
    this.#running.abort();
    this.#running = undefined;
    this.#poke?.();
    if (this.#connection.status !== "closed") this.#tell({ status: "closed", reason: "stopped" });
  }

  /** Ends a wait now, except for the part of it the server asked for. */
  reconnectNow(): void {
    this.#poke?.();
  }

  async #run(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      if (!this.#wakeups.online()) {
        this.#tell({ status: "offline" });
        await this.#pause(undefined, 0, stopped);
        continue;
      }
      this.#tell({ status: "connecting", attempt: this.#attempt });
      const ending = await this.#connect(stopped);
      if (stopped.aborted) return;
      const closed = this.#verdict(ending);
      if (closed) {
        this.#running = undefined;
        this.#tell(closed);
        return;
      }
      const asked = this.#bye?.waitMs ?? (ending.kind === "lost" ? (ending.waitMs ?? 0) : 0);
      const reason = this.#bye?.reason ?? (ending.kind === "lost" ? ending.reason : "");
      const waitMs = asked + backoffMs(this.#attempt, this.#backoff, this.#random);
      this.#attempt += 1;
      const nextTryAt = Date.now() + waitMs;
      this.#tell({ status: "reconnecting", attempt: this.#attempt, nextTryAt, reason });
      await this.#pause(waitMs, asked, stopped);
    }
  }

  /** One connection, guarded by the heartbeat watch. */
  async #connect(stopped: AbortSignal): Promise<Ending> {
    const attempt = new AbortController();
    const abort = (): void => attempt.abort();
    stopped.addEventListener("abort", abort);
    this.#bye = undefined;
    this.#lastByteAt = Date.now();
    let liveSince: number | undefined;
    let silent = false;
    let watch: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(watch);
      const silentAt = this.#lastByteAt + this.#heartbeatMs * SILENT_HEARTBEATS;
      if (Date.now() >= silentAt) {
        silent = true;
        abort();
      } else watch = setTimeout(look, silentAt - Date.now());
    };
    look();
    // Woken while connected: a laptop that slept holds a socket that looks open and is not.
    this.#poke = look;
    try {
      const prepared = await this.#options.prepare?.();
      const ending = await this.#transport({
        url: prepared?.url ?? this.#options.url,
        after: this.#options.resume === false ? undefined : this.#position.cursor,
        headers: prepared?.headers ?? {},
        signal: attempt.signal,
        onBytes: () => {
          this.#lastByteAt = Date.now();
        },
        onRetry: (ms) => {
          this.#backoff.baseMs = Math.min(ms, this.#backoff.maxMs);
        },
        onFrames: (frames) => {
          if (attempt.signal.aborted) return;
          if (liveSince === undefined) {
            liveSince = Date.now();
            this.#tell({ status: "live", since: liveSince });
          }
          this.#deliver(frames);
          if (this.#bye) abort();
          // The period may just have been told.
          else if (frames.some((frame) => frame.type === "stream.ready")) look();
        },
      });
      return silent ? { kind: "lost", reason: "silent" } : ending;
    } catch {
      // `prepare` failed, most likely because the network did.
      return { kind: "lost", reason: "network" };
    } finally {
      clearTimeout(watch);
      stopped.removeEventListener("abort", abort);
      this.#poke = undefined;
      if (liveSince !== undefined && Date.now() - liveSince >= PROVEN_MS) this.#attempt = 0;
    }
  }

  #deliver(frames: Frame[]): void {
    for (const frame of frames) {
      if (frame.type === "stream.ready") {
        if (frame.data.heartbeat_ms > 0) this.#heartbeatMs = frame.data.heartbeat_ms;
      } else if (frame.type === "stream.bye") {
        const { reason, reconnect, retry_ms } = frame.data;
        this.#bye = { reason, reconnect, waitMs: retry_ms ?? 0 };
      }
    }
    const fresh = this.#position.take(frames);
    if (fresh.length > 0) this.#options.onFrames(fresh);
  }

  #verdict(ending: Ending): Connection | undefined {
    if (this.#bye && !this.#bye.reconnect) return { status: "closed", reason: this.#bye.reason };
    if (ending.kind !== "refused") return undefined;
    const { status, problem } = ending;
    const reason =
      status === 401
        ? "unauthenticated"
        : status === 403
          ? "forbidden"
          : status === 404
            ? "not-found"
            : "refused";
    return problem ? { status: "closed", reason, problem } : { status: "closed", reason };
  }

  /** Waits, unless woken; a wake-up never cuts into the first `floorMs`, which the server asked for. */
  #pause(ms: number | undefined, floorMs: number, stopped: AbortSignal): Promise<void> {
    const startedAt = Date.now();
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const done = (): void => {
        clearTimeout(timer);
        this.#poke = undefined;
        resolve();
      };
      if (ms !== undefined) timer = setTimeout(done, ms);
      this.#poke = () => {
        const rest = startedAt + floorMs - Date.now();
        if (rest <= 0 || stopped.aborted) return done();
        clearTimeout(timer);
        timer = setTimeout(done, rest);
      };
    });
  }

  #wake(): void {
    this.#poke?.();
  }

  #tell(connection: Connection): void {
    this.#connection = connection;
    this.#options.onConnection?.(connection);
  }
}

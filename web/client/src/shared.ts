/**
 * One stream for all tabs of a browser. One tab leads and holds the connection; it passes every frame on, and the
 * others follow. Each tab keeps its own place in the log, so a change of leader loses nothing and doubles nothing: who
 * takes over resumes after what it has seen itself, and who lags behind is told what it missed.
 *
 * Tabs share only under the same name and for the same person: what the server says about who is reading must be whom
 * the name was given for, otherwise a tab goes on alone. Alone is also how it works where tabs can't find each other.
 */
import { Election } from "./election.ts";
import type { Frame, FrameOf } from "./frame.ts";
import { Position } from "./position.ts";
import { Recent, type Memory } from "./recent.ts";
import { EventStream, type Connection, type StreamOptions } from "./stream.ts";
import { browserTabs, type ChannelLike, type Tabs } from "./tabs.ts";
import type { Snapshot } from "./wire.ts";

export interface SharedOptions extends StreamOptions {
  /** Names what is read and with which credential: other words for another event, person or token. */
  share: string;
  /**
   * Whose stream it must turn out to be; undefined for one that nobody signed in for, and null for one that is the same
   * for everybody.
   */
  user: string | undefined | null;
  /** How a tab that comes late begins, when the leader no longer has the beginning. */
  snapshot?: () => Promise<Snapshot>;
  /** What is kept for tabs that come late; by default the newest entries of a log. */
  memory?: Memory;
  /** What other tabs said by `tell`. */
  onNote?: (note: unknown) => void;
  /** The leader's last chance to bring the first words up to date for a tab that comes late. */
  greeting?: (ready: FrameOf<"stream.ready">) => FrameOf<"stream.ready">;
  tabs?: Tabs | undefined;
}

type Word =
  | { say: "hello"; cursor?: string }
  | { say: "welcome"; to: string; term: number; n: number; connection: Connection; frames?: Frame[]; wait?: true }
  | { say: "leader"; term: number }
  | { say: "frames"; term: number; n: number; frames: Frame[] }
  | { say: "connection"; term: number; connection: Connection }
  | { say: "ping" }
  | { say: "pong"; term: number }
  | { say: "reconnect" }
  | { say: "note"; note: unknown };
type Letter = Word & { from: string };

/** A follower looks this often whether the leader still is there. */
const LOOK_MS = 250;
/** Silence that is worth a question, and then silence that is an answer. */
const QUIET_MS = 400;
const DEAD_MS = 700;
/** Timers that were late say nothing about others: this many looks must have been in vain. */
const DEAD_LOOKS = 3;
/** So that not all followers take the lock from each other. */
const JITTER_MS = 150;
const FETCH_AGAIN_MS = 2_000;

export class SharedStream {
  readonly #options: SharedOptions;
  readonly #tabs: Tabs | undefined;
  readonly #id = Math.random().toString(36).slice(2);
  readonly #position: Position;
  readonly #recent: Memory;
  #connection: Connection = { status: "idle" };
  #started = false;
  #alone = false;
  #own: EventStream | undefined;
  #channel: ChannelLike | undefined;
  #election: Election | undefined;
  #forget: (() => void) | undefined;
  #term = 0;
  #sent = 0;
  // As a follower: the number of the last frames heard, once we are where the leader is.
  #heard: number | undefined;
  #fetching = false;
  #heardAt = 0;
  #askedAt = 0;
  #looks = 0;
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SharedOptions) {
    this.#options = options;
    this.#tabs = "tabs" in options ? options.tabs : browserTabs();
    this.#position = new Position(options.after);
    this.#recent = options.memory ?? new Recent();
  }

  get connection(): Connection {
    return this.#connection;
  }

  get cursor(): string | undefined {
    return this.#position.cursor;
  }

  /** True in the tab that holds the connection. */
  get leading(): boolean {
    return this.#own !== undefined;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    if (!this.#tabs || this.#alone) return this.#connect();
    this.#forget = this.#tabs.listen(
      () => this.#part(),
      () => this.#join(),
    );
    this.#tell({ status: "connecting", attempt: 0 });
    this.#join();
  }

  stop(): void {
    if (!this.#started) return;
    this.#started = false;
    this.#forget?.();
    this.#part();
    this.#disconnect();
    if (this.#connection.status !== "closed") this.#tell({ status: "closed", reason: "stopped" });
  }

  reconnectNow(): void {
    if (!this.#own) return this.#post({ say: "reconnect" });
    if (this.#own.connection.status === "closed") this.#connect();
    else this.#own.reconnectNow();
  }

  /** Says something to the other tabs; nobody else hears it. */
  tell(note: unknown): void {
    this.#post({ say: "note", note });
  }

  // Coming and going

  #join(): void {
    if (!this.#tabs || !this.#started || this.#alone || this.#channel) return;
    this.#channel = this.#tabs.channel(this.#options.share);
    this.#channel.onmessage = (event) => this.#hear(event.data as Letter);
    this.#election = new Election(this.#options.share, this.#tabs.locks, {
      onLead: () => this.#lead(),
      onLost: () => this.#follow(),
    });
    this.#election.stand();
    this.#follow();
  }

  /** Leaves the others, who find another leader at once. */
  #part(): void {
    clearTimeout(this.#watch);
    if (!this.#alone) this.#disconnect();
    this.#channel?.close();
    this.#channel = undefined;
    this.#election?.leave();
    this.#election = undefined;
  }

  // Leading

  #lead(): void {
    clearTimeout(this.#watch);
    // Later than every leader before, also those this tab never heard of.
    this.#term = Math.max(this.#term + 1, Date.now());
    this.#sent = 0;
    this.#post({ say: "leader", term: this.#term });
    this.#connect();
  }

  #connect(): void {
    this.#disconnect();
    const position = this.#position;
    const after = position.cursor;
    const { after: _first, ...options } = this.#options;
    const own = new EventStream({
      ...options,
      ...(after === undefined ? {} : { after }),
      onFrames: (frames) => {
        if (own !== this.#own || !this.#sameUser(frames)) return;
        const before = position.cursor;
        const fresh = position.take(frames);
        if (fresh.length === 0) return;
        this.#recent.add(fresh, before);
        this.#post({ say: "frames", term: this.#term, n: ++this.#sent, frames: fresh });
        this.#options.onFrames(fresh);
      },
      onConnection: (connection) => {
        if (own !== this.#own) return;
        this.#post({ say: "connection", term: this.#term, connection });
        this.#tell(connection);
      },
    });
    this.#own = own;
    own.start();
  }

  #disconnect(): void {
    const own = this.#own;
    this.#own = undefined;
    own?.stop();
  }

  /** A cookie may have changed hands under us: then this stream is not for the others, and not shared any more. */
  #sameUser(frames: readonly Frame[]): boolean {
    if (this.#alone || !this.#channel) return true;
    const ready = frames.find((frame) => frame.type === "stream.ready");
    if (!ready || this.#options.user === null || ready.data.user?.id === this.#options.user) return true;
    this.#alone = true;
    this.#part();
    return true;
  }

  #welcome(to: string, cursor: string | undefined): void {
    const { ready } = this.#recent;
    const frames = this.#recent.since(cursor);
    const greeting = this.#options.greeting;
    const first = ready?.type === "stream.ready" ? [greeting?.(ready) ?? ready] : [];
    const word: Word = { say: "welcome", to, term: this.#term, n: this.#sent, connection: this.#connection };
    // Nothing to begin from yet: the first frames will be there for everybody.
    if (this.#recent.empty) word.wait = true;
    else if (frames) word.frames = [...first, ...frames];
    this.#post(word);
  }

  // Following

  #follow(): void {
    this.#disconnect();
    this.#heard = undefined;
    this.#heardAt = Date.now();
    this.#looks = 0;
    this.#election?.stand();
    this.#hello();
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#look(), LOOK_MS);
  }

  #hello(): void {
    const { cursor } = this.#position;
    this.#post({ say: "hello", ...(cursor === undefined ? {} : { cursor }) });
  }

  #look(): void {
    if (this.leading || !this.#channel) return;
    const now = Date.now();
    let next = LOOK_MS;
    if (now - this.#heardAt < QUIET_MS) this.#looks = 0;
    else if (this.#looks >= DEAD_LOOKS && now - this.#askedAt >= DEAD_MS) {
      next = LOOK_MS + JITTER_MS;
      this.#looks = 0;
      setTimeout(() => {
        // Meanwhile another may have taken over.
        if (Date.now() - this.#heardAt >= QUIET_MS) this.#election?.take();
      }, Math.random() * JITTER_MS);
    } else {
      if (this.#looks++ === 0) this.#askedAt = now;
      this.#post({ say: "ping" });
    }
    this.#watch = setTimeout(() => this.#look(), next);
  }

  #hear(letter: Letter): void {
    switch (letter.say) {
      case "note":
        this.#options.onNote?.(letter.note);
        return;
      case "hello":
        if (this.leading) this.#welcome(letter.from, letter.cursor);
        return;
      case "ping":
        if (this.leading) this.#post({ say: "pong", term: this.#term });
        return;
      case "reconnect":
        if (this.leading) this.reconnectNow();
        return;
    }
    // From here on a leader speaks; one who was replaced and has not noticed yet is not listened to.
    if (letter.term < this.#term || this.leading) return;
    this.#heardAt = Date.now();
    this.#looks = 0;
    const changed = letter.term > this.#term;
    this.#term = letter.term;
    if (changed) this.#heard = undefined;
    switch (letter.say) {
      case "leader":
        this.#hello();
        return;
      case "welcome":
        if (letter.to === this.#id) this.#welcomed(letter);
        return;
      case "frames":
        if (this.#heard !== undefined && letter.n === this.#heard + 1) {
          this.#heard = letter.n;
          this.#deliver(letter.frames);
        } else if (!this.#fetching) this.#hello();
        return;
      case "connection":
        this.#tell(letter.connection);
        return;
    }
  }

  #welcomed(letter: Letter & { say: "welcome" }): void {
    if (this.#connection.status !== letter.connection.status) this.#tell(letter.connection);
    // Somebody opens a tab on a stream that was refused: worth another question.
    if (letter.connection.status === "closed") this.#post({ say: "reconnect" });
    if (letter.wait) return;
    if (!letter.frames) return void this.#fetch();
    this.#heard = letter.n;
    this.#deliver(letter.frames);
  }

  /** The leader has forgotten what we need: a snapshot of our own is a beginning from which it can go on. */
  async #fetch(): Promise<void> {
    if (this.#fetching || !this.#options.snapshot) return;
    this.#fetching = true;
    try {
      const snapshot = await this.#options.snapshot();
      if (!this.leading) this.#deliver([{ type: "stream.snapshot", data: snapshot, cursor: snapshot.cursor }]);
    } catch {
      // Asked again below; by then the leader may know enough, or the network be back.
      await new Promise((resolve) => setTimeout(resolve, FETCH_AGAIN_MS));
    } finally {
      this.#fetching = false;
    }
    if (!this.leading) this.#hello();
  }

  #deliver(frames: readonly Frame[]): void {
    const before = this.#position.cursor;
    const fresh = this.#position.take(frames);
    if (fresh.length === 0) return;
    this.#recent.add(fresh, before);
    this.#options.onFrames(fresh);
  }

  #post(word: Word): void {
    this.#channel?.postMessage({ ...word, from: this.#id });
  }

  #tell(connection: Connection): void {
    this.#connection = connection;
    this.#options.onConnection?.(connection);
  }
}

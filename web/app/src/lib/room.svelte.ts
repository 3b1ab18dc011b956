/**
 * One event room, alive: the stream's frames gathered and folded once per animation frame, and what a person
 * does here. Components read its state and call its verbs; none of them talks to the server by itself.
 */
import {
  browserStore,
  emptyRoom,
  exclusive,
  foldAll,
  keepMessages,
  KEEP_MESSAGES,
  Outbox,
  SharedStream,
  withMarks,
  withMine,
  withMyVote,
  type ApplauseCounts,
  type Connection,
  type Entry,
  type Frame,
  type Message,
  type ModerationTold,
  type Outgoing,
  type Poll,
  type ReportReason,
  type RoomState,
  type User,
} from "@grandstand/client";
import { Announcements, SUMMARY_EVERY_MS } from "./announce.ts";
import { ApplauseSender } from "./applause.ts";
import { Away } from "./away.ts";
import { Desk } from "./desk.svelte.ts";
import { FrameQueue } from "./frame-queue.ts";
import { History } from "./history.svelte.ts";
import { isStaff } from "./manners.ts";
import { noteOf, type TabNote } from "./notes.ts";
import { Reacting } from "./reacting.svelte.ts";
import { ReadMarker } from "./receipts.ts";
import { session } from "./session.svelte.ts";
import { Sitting } from "./sitting.svelte.ts";
import { Staff } from "./staff.ts";
import { toldText } from "./words.ts";
import type { Replay } from "./replay.ts";
import { Thread } from "./thread.svelte.ts";
import { Viewing } from "./viewing.svelte.ts";

/** Somebody who reads the past keeps this many messages; at the present KEEP_MESSAGES is plenty. */
const KEEP_WHILE_READING = 2_000;
/** Decisions about me that wait to be read. */
const MOST_TOLD = 3;
/** What was accepted and not shown by then is in the room's history. */
const ARRIVES_WITHIN_MS = 60_000;

/** A question this room asks the person in front of it, in a dialog. */
export type Asking =
  | { kind: "room" }
  | { kind: "order" }
  | { kind: "poll" }
  | { kind: "report"; message: Message }
  | { kind: "sanction"; message: Message }
  | { kind: "hide" | "reject"; message: Message }
  | { kind: "appeal"; messageId: string };

export class Room {
  readonly slug: string;
  state = $state.raw<RoomState>(emptyRoom());
  connection = $state.raw<Connection>({ status: "idle" });
  outgoing = $state.raw<readonly Outgoing[]>([]);
  announcement = $state("");
  /** Told of each burst of applause, to draw it. */
  onBurst: ((burst: ApplauseCounts) => void) | undefined;

  /** The thread that is open beside the chat. */
  thread = $state.raw<Thread | undefined>();

  asking = $state.raw<Asking | undefined>();
  /** What was decided about me or what I wrote, until I have read it. */
  told = $state.raw<readonly ModerationTold[]>([]);

  readonly viewing: Viewing;
  readonly history: History;
  readonly reacting: Reacting;
  readonly desk: Desk;
  readonly order: Staff;
  readonly sitting = new Sitting();
  readonly applause: ApplauseSender;
  readonly #marker: ReadMarker;
  #outbox: Outbox | undefined;
  #stream: SharedStream | undefined;
  #queue = new FrameQueue((frames) => this.#fold(frames));
  #announcements = new Announcements();
  #summaries: ReturnType<typeof setInterval> | undefined;
  #away: Away;

  constructor(slug: string) {
    this.slug = slug;
    this.viewing = new Viewing(slug);
    this.order = new Staff(slug);
    this.history = new History(this, KEEP_WHILE_READING);
    this.reacting = new Reacting(this);
    this.#away = new Away(
      async (status) => {
        if (session.user) await session.api.setPresence(slug, status);
      },
      (note) => this.tell(note),
    );
    this.desk = new Desk(slug, () => this.staff);
    this.#marker = new ReadMarker((id) => session.api.markRead(slug, id));
    this.applause = new ApplauseSender((kind, count) => session.api.applaud(slug, kind, count));
  }

  open(): void {
    this.#connect();
    this.#away.watch();
    this.#summaries = setInterval(() => {
      this.#say(this.#announcements.summary(Date.now()));
    }, SUMMARY_EVERY_MS);
  }

  close(): void {
    this.#stream?.stop();
    this.#queue.close();
    this.#away.stop();
    this.#outbox?.close();
    this.#marker.stop();
    this.desk.close();
    clearInterval(this.#summaries);
  }

  /** A stream never changes who it is; a new identity is a new stream, drawn from a new snapshot. */
  reopen(): void {
    this.#stream?.stop();
    this.#queue.clear();
    this.#connect();
  }

  reconnectNow(): void {
    if (this.connection.status === "closed") this.reopen();
    else this.#stream?.reconnectNow();
  }

  #connect(): void {
    const user = session.user?.id;
    this.#openOutbox(user);
    const { viewing } = this;
    const stream = new SharedStream({
      url: session.api.streamUrl(this.slug, viewing.query),
      share: `grandstand/${this.slug}/${session.credential}${viewing.share}`,
      user,
      // Each tab replays for itself.
      ...(viewing.replay ? { tabs: undefined } : {}),
      prepare: async () => ({
        headers: session.token ? { Authorization: `Bearer ${session.token}` } : {},
      }),
      snapshot: () => viewing.api.snapshot(this.slug),
      greeting: (ready) => ({
        ...ready,
        data: { ...ready.data, my_reactions: { ...ready.data.my_reactions, ...mutable(this.state.mine) }, my_votes: mutable(this.state.votes) },
      }),
      onFrames: (frames) => {
        if (stream === this.#stream) this.#queue.push(frames);
      },
      onNote: (note) => {
        if (stream === this.#stream) this.#heard(noteOf(note));
      },
      onConnection: (connection) => {
        if (stream !== this.#stream) return;
        this.connection = connection;
        if (connection.status === "live") this.#outbox?.flush();
        if (connection.status === "closed") this.#closed(connection.reason);
      },
    });
    this.#stream = stream;
    viewing.forgetClock();
    this.#marker.stop();
    this.told = [];
    stream.start();
  }

  /** What waits belongs to the person who wrote it; who comes next in this browser neither sees nor sends it. */
  #openOutbox(user: string | undefined): void {
    this.#outbox?.close();
    this.#outbox = undefined;
    this.outgoing = [];
    if (user === undefined) return;
    this.#outbox = new Outbox(session.api, this.slug, (items) => this.#outboxChanged(items), {
      store: browserStore(user, this.slug),
      exclusive: exclusive(`grandstand/outbox/${this.slug}/${user}`),
      arrivesWithinMs: ARRIVES_WITHIN_MS + this.viewing.delayMs,
    });
  }

  /** Says something to the other tabs of this room. */
  tell(note: TabNote): void {
    this.#stream?.tell(note);
  }

  /** Another tab of the same person did something that the stream does not say. */
  #heard(note: TabNote | undefined): void {
    if (!note) return;
    if (note.kind === "mine") this.state = withMine(this.state, note.id, note.emoji, note.on);
    else if (note.kind === "vote") this.state = withMyVote(this.state, note.id, note.options);
    else this.#away.hear(note);
  }

  /** Whose session is over may go on reading as nobody; the change of identity opens a stream of its own. */
  #closed(reason: string): void {
    if (!session.user || (reason !== "unauthenticated" && reason !== "token-expired")) return;
    this.announcement = "Your session is over. Sign in again to take part.";
    void session.signOut();
  }

  #fold(frames: Frame[]): void {
    this.state = foldAll(this.state, frames);
    for (const frame of frames) this.#notice(frame);
    this.thread?.take(frames);
    if (this.outgoing.length > 0) this.#outbox?.seen(this.state.messages);
    // The first snapshot is the page itself; only what changes afterwards is news.
    if (this.state.ready) this.#say(this.#announcements.take(frames, this.state, Date.now()));
  }

  #notice(frame: Frame): void {
    if (frame.type === "applause.changed") this.onBurst?.(frame.data.burst);
    if (frame.type === "stream.snapshot") {
      this.history.forget();
      void this.#askMarks();
    }
    if (frame.type === "moderation.told") {
      const text = toldText(frame.data);
      const others = this.told.filter((told) => toldText(told) !== text);
      this.told = [...others, frame.data].slice(-MOST_TOLD);
      // A message that was held is decided on; the outbox asks how.
      this.#outbox?.flush();
    }
    if (frame.type === "stream.snapshot" || frame.type === "report.filed" || frame.type === "appeal.filed") this.desk.ask();
    if (frame.type === "moderation.decided") this.desk.decided(frame.data.decision);
    if (frame.type === "message.hidden" || frame.type === "message.released") this.desk.ask();
    this.sitting.notice(frame);
    this.viewing.notice(frame);
  }

  /** The stream tells which marks move; where they stand is asked for once. */
  async #askMarks(): Promise<void> {
    if (!session.user) return;
    try {
      const { receipt, told, delivered_seq: delivered } = await session.api.standing(this.slug);
      if (receipt) this.#marker.known(receipt.seq);
      const marks = told ? (await session.api.receipts(this.slug, { limit: 100 })).items : [];
      this.state = withMarks(this.state, marks, delivered);
    } catch {
      // Ticks are a courtesy; the stream brings the next ones.
    }
  }

  #say(text: string | undefined): void {
    if (text) this.announcement = text;
  }

  #outboxChanged(items: readonly Outgoing[]): void {
    this.outgoing = items;
    if (items.some((item) => item.state === "accepted")) this.#outbox?.seen(this.state.messages);
    if (session.user && items.some((item) => item.problem?.status === 401)) session.forget();
  }

  // What a person does here

  /** False when too much waits already. */
  say(text: string, parentId?: string, mentions: readonly string[] = []): boolean {
    return this.#outbox?.add(text, parentId, mentions) !== undefined;
  }

  /** Watches so many seconds behind from now on; what is shown is drawn anew. */
  delayBy(seconds: number): void {
    if (seconds === this.viewing.delaySeconds) return;
    this.viewing.delayBy(seconds);
    this.#beginAnew();
  }

  /** Plays the event once more; without a replay, back to the whole room. */
  play(replay: Replay | undefined): void {
    this.viewing.play(replay, this.state.event);
    this.#beginAnew();
  }

  /** Nothing of another time may stay on show while the first words of this one are on their way. */
  #beginAnew(): void {
    this.thread = undefined;
    this.state = { ...emptyRoom(this.state.keep), ...this.#kept() };
    this.reopen();
  }

  /** Who I am, and which event this is, outlast a change of time. */
  #kept(): Partial<RoomState> {
    const { role, user, event, room } = this.state;
    return { role, ...(user && { user }), ...(event && { event }), ...(room && { room }) };
  }

  sayAgain(item: Outgoing): void {
    this.#outbox?.retry(item.clientId);
  }

  unsay(item: Outgoing): void {
    this.#outbox?.drop(item.clientId);
  }

  ask(asking: Asking | undefined): void {
    this.asking = asking;
  }

  /** The newest message stood before somebody's eyes. */
  saw(message: Message): void {
    if (session.user && message.status === "active") this.#marker.saw(message);
  }

  types(typing: boolean, parentId: string | undefined): Promise<void> {
    return session.api.setTyping(this.slug, typing, parentId);
  }

  async vote(poll: Poll, options: readonly number[]): Promise<void> {
    await session.api.vote(this.slug, poll.id, options);
    this.state = withMyVote(this.state, poll.id, options);
    this.tell({ kind: "vote", id: poll.id, options: [...options] });
  }

  async report(message: Message, reason: ReportReason, note: string): Promise<void> {
    await session.api.report(this.slug, message.id, reason, note || undefined);
  }

  /** Who is here by name, for naming them. */
  async people(): Promise<User[]> {
    const page = await session.api.participants(this.slug, { limit: 100 });
    return page.items.map((one) => one.user);
  }

  /** Somebody's badges as they are now, also on what they wrote before. */
  badgesOf(user: { id: string; badges: readonly string[] }): string[] {
    return [...new Set([...user.badges, ...(this.state.awards[user.id] ?? [])])];
  }

  get staff(): boolean {
    return isStaff(this.state.role);
  }

  openThread(id: string): void {
    if (this.thread?.id === id) return;
    const known = this.state.messages.find((message) => message.id === id);
    this.thread = new Thread(this.slug, id, known, () => this.viewing.api);
    void this.thread.load();
  }

  /** Which thread a message stands in; undefined for what stands in none, and for what is not known. */
  async parentOf(id: string): Promise<string | undefined> {
    const known = this.state.messages.find((message) => message.id === id);
    if (known) return known.parent_id;
    return (await this.viewing.api.message(this.slug, id).catch(() => undefined))?.parent_id;
  }

  /** One entry of the log as it may be seen here. */
  entry(seq: number): Promise<Entry | undefined> {
    return this.viewing.api.entry(this.slug, seq).catch(() => undefined);
  }

  closeThread(): void {
    this.thread = undefined;
  }

  async edit(message: Message, text: string): Promise<void> {
    await session.api.edit(this.slug, message.id, text);
  }

  async remove(message: Message): Promise<void> {
    await session.api.remove(this.slug, message.id);
  }

  async appeal(messageId: string, text: string): Promise<void> {
    await session.api.appeal(this.slug, messageId, text);
    this.told = this.told.filter((told) => told.message_id !== messageId);
  }

  hasRead(told: ModerationTold): void {
    this.told = this.told.filter((other) => other !== told);
  }

  /** Reading the past keeps more of it; coming back to the present lets it go. */
  readingPast(past: boolean): void {
    const keep = past ? KEEP_WHILE_READING : KEEP_MESSAGES;
    if (this.state.keep === keep) return;
    this.state = keepMessages(this.state, keep);
    if (!past) this.history.forget();
  }
}

function mutable<T>(mine: Readonly<Record<string, readonly T[]>>): Record<string, T[]> {
  return Object.fromEntries(Object.entries(mine).map(([id, chosen]) => [id, [...chosen]]));
}

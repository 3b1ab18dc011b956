/**
 * Typed actions over plain HTTP. Each either resolves with the server's answer or throws `ProblemError` or
 * `NetworkError`. What is safe to repeat is repeated here (reads, PUT, DELETE, and messages, whose `client_id`
 * makes a repeat harmless); what is not, never is.
 */
import { Caller, type ApiOptions, type Call, type Query } from "./caller.ts";
import { PersonalApi } from "./personal.ts";
import { PersonasApi } from "./personas.ts";
import type {
  Appeal,
  Awards,
  ApplauseCounts,
  ApplauseKind,
  AttendancePage,
  Decision,
  Entry,
  EventPatch,
  EventStatusReport,
  GuestSession,
  LiveEvent,
  LobbyEvent,
  Me,
  Message,
  NewPoll,
  NewSanction,
  Page,
  Poll,
  Raid,
  ReactionAnswer,
  Receipt,
  Report,
  ReportReason,
  RoomPatch,
  RoomSettings,
  Sanction,
  Scoreboard,
  Snapshot,
  Standing,
  StreamTicket,
} from "./wire.ts";

export interface EventFilter {
  status?: string;
  kind?: string;
  q?: string;
  featured?: boolean;
  starts_after?: string;
  starts_before?: string;
  limit?: number;
  after?: string;
}

export interface LobbyFilter {
  status?: string;
  kind?: string;
  participant?: string;
  q?: string;
  limit?: number;
}

export interface NewMessage {
  text: string;
  parent_id?: string;
  client_id: string;
  /** Who is meant by the names in the text, where the writer chose them from a list. */
  mentions?: string[];
}

const FOR_STAFF = new Set<Entry["type"]>(["message.held", "moderation.decided", "report.filed", "appeal.filed"]);

/** A fresh idempotency key for one message. */
export function newClientId(): string {
  return crypto.randomUUID?.() ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

export class GrandstandApi {
  /** What is mine, whatever the event: notifications, follows, the feed. */
  readonly my: PersonalApi;
  readonly personas: PersonasApi;
  readonly #options: ApiOptions;
  readonly #caller: Caller;
  /** So far behind the present events are read. */
  readonly #shift: Query;

  constructor(options: ApiOptions = {}, delaySeconds = 0) {
    this.#options = options;
    this.#caller = new Caller(options);
    this.#shift = delaySeconds > 0 ? { delay: `${delaySeconds}s` } : {};
    this.my = new PersonalApi(this.#caller);
    this.personas = new PersonasApi(this.#caller);
  }

  /** The same server and person, with events read as they were so many seconds ago. */
  behind(delaySeconds: number): GrandstandApi {
    return new GrandstandApi(this.#options, delaySeconds);
  }

  streamUrl(event: string, query: Query = {}): string {
    return this.#caller.url(`${path(event)}/stream`, { ...this.#shift, ...query });
  }

  // Who am I

  me(): Promise<Me> {
    return this.#caller.call("GET", "/v1/me");
  }

  signInAsGuest(name: string, avatarUrl?: string): Promise<GuestSession> {
    const body = avatarUrl ? { name, avatar_url: avatarUrl } : { name };
    return this.#caller.call("POST", "/v1/auth/guest", { body });
  }

  /** Turns the token into an HttpOnly cookie, which native EventSource and a reload carry along. */
  openSession(token: string): Promise<void> {
    return this.#caller.call("POST", "/v1/auth/session", { token });
  }

  closeSession(): Promise<void> {
    return this.#caller.call("DELETE", "/v1/auth/session");
  }

  streamTicket(event: string): Promise<StreamTicket> {
    return this.#caller.call("POST", `${path(event)}/stream-tickets`);
  }

  // Events

  events(filter: EventFilter = {}): Promise<Page<LiveEvent>> {
    return this.#caller.call("GET", "/v1/events", { query: { ...filter } });
  }

  /** What is on, soon to be and just over, for everybody alike. */
  lobby(filter: LobbyFilter = {}): Promise<{ items: LobbyEvent[] }> {
    return this.#caller.call("GET", "/v1/lobby", { query: { ...filter } });
  }

  lobbyStreamUrl(filter: LobbyFilter = {}): string {
    return this.#caller.url("/v1/lobby/stream", { ...filter });
  }

  event(event: string): Promise<LiveEvent> {
    return this.#caller.call("GET", path(event));
  }

  /** `version` is the one that was read: a change that somebody else made in between is not overwritten. */
  changeEvent(event: string, version: number, change: EventPatch): Promise<LiveEvent> {
    return this.#caller.call("PATCH", path(event), { body: change, headers: { "If-Match": `"${version}"` } });
  }

  status(event: string): Promise<EventStatusReport> {
    return this.#read(`${path(event)}/status`);
  }

  snapshot(event: string): Promise<Snapshot> {
    return this.#read(`${path(event)}/snapshot`);
  }

  /** One entry of the public log, if it may be read. */
  async entry(event: string, seq: number): Promise<Entry | undefined> {
    // Staff read their own entries in between, which have numbers of their own.
    const query = { after: String(seq - 1), limit: 10 };
    const page = await this.#read<{ items: Entry[] }>(`${path(event)}/log`, query);
    return page.items.find((entry) => entry.seq === seq && !FOR_STAFF.has(entry.type));
  }

  contest(event: string): Promise<Scoreboard> {
    return this.#read(`${path(event)}/contest`);
  }

  // Messages

  /** 201 gives an `active` message, 202 a `held` one; both are the message. */
  post(event: string, message: NewMessage, tries?: number): Promise<Message> {
    const call: Call = { body: message, repeatable: true };
    if (tries !== undefined) call.tries = tries;
    return this.#caller.call("POST", `${path(event)}/messages`, call);
  }

  edit(event: string, messageId: string, text: string): Promise<Message> {
    return this.#caller.call("PATCH", message(event, messageId), { body: { text }, repeatable: true });
  }

  remove(event: string, messageId: string): Promise<void> {
    return this.#caller.call("DELETE", message(event, messageId));
  }

  message(event: string, messageId: string): Promise<Message> {
    return this.#read(message(event, messageId));
  }

  history(
    event: string,
    query: { before?: string; after?: string; limit?: number } = {},
  ): Promise<Page<Message>> {
    return this.#read(`${path(event)}/messages`, query);
  }

  replies(
    event: string,
    messageId: string,
    query: { after?: string; limit?: number } = {},
  ): Promise<Page<Message>> {
    return this.#read(`${message(event, messageId)}/replies`, query);
  }

  search(event: string, q: string, query: { limit?: number } = {}): Promise<Page<Message>> {
    return this.#read(`${path(event)}/messages/search`, { q, ...query });
  }

  pin(event: string, messageId: string, on: boolean): Promise<Message> {
    return this.#caller.call(on ? "PUT" : "DELETE", `${message(event, messageId)}/pin`);
  }

  /** Messages that wait for a moderator, with what a model thought of them. */
  held(event: string, query: { limit?: number; after?: string } = {}): Promise<Page<Message>> {
    return this.#caller.call("GET", `${path(event)}/messages/held`, { query });
  }

  release(event: string, messageId: string): Promise<Message> {
    return this.#caller.call("POST", `${message(event, messageId)}/release`, { repeatable: true });
  }

  /** The reason is told to the author. */
  hide(event: string, messageId: string, reason?: string): Promise<Message> {
    return this.#caller.call("POST", `${message(event, messageId)}/hide`, { query: { reason }, repeatable: true });
  }

  /** Turns a held message down; the reason is told to the author, who may appeal. */
  reject(event: string, messageId: string, reason: string): Promise<Message> {
    return this.#caller.call("POST", `${message(event, messageId)}/reject`, { body: { reason }, repeatable: true });
  }

  restore(event: string, messageId: string): Promise<Message> {
    return this.#caller.call("POST", `${message(event, messageId)}/restore`, { repeatable: true });
  }

  react(event: string, messageId: string, emoji: string, on: boolean): Promise<ReactionAnswer> {
    const target = `${message(event, messageId)}/reactions/${encodeURIComponent(emoji)}`;
    return this.#caller.call(on ? "PUT" : "DELETE", target);
  }

  // The crowd

  applaud(event: string, kind: ApplauseKind, count: number): Promise<{ applause: ApplauseCounts }> {
    return this.#caller.call("POST", `${path(event)}/applause`, { body: { kind, count } });
  }

  participants(
    event: string,
    query: { limit?: number; after?: string } = {},
  ): Promise<AttendancePage> {
    return this.#read(`${path(event)}/participants`, query);
  }

  setPresence(event: string, status: "online" | "away"): Promise<void> {
    return this.#caller.call("PUT", `${path(event)}/presence`, { body: { status } });
  }

  setTyping(event: string, typing: boolean, parentId?: string): Promise<void> {
    const body = parentId === undefined ? { typing } : { typing, parent_id: parentId };
    return this.#caller.call("POST", `${path(event)}/typing`, { body });
  }

  markRead(event: string, messageId: string): Promise<Receipt> {
    return this.#caller.call("PUT", `${path(event)}/receipt`, { body: { message_id: messageId } });
  }

  /** Where I stand: my own mark, and how far messages have come. */
  standing(event: string): Promise<Standing> {
    return this.#caller.call("GET", `${path(event)}/receipt`);
  }

  receipts(event: string, query: { limit?: number; after?: string } = {}): Promise<Page<Receipt>> {
    return this.#caller.call("GET", `${path(event)}/receipts`, { query });
  }

  award(event: string, userId: string, badge: string, on: boolean): Promise<Awards> {
    const target = `${path(event)}/badges/${encodeURIComponent(userId)}/${encodeURIComponent(badge)}`;
    return this.#caller.call(on ? "PUT" : "DELETE", target);
  }

  // Polls

  openPoll(event: string, poll: NewPoll): Promise<Poll> {
    return this.#caller.call("POST", `${path(event)}/polls`, { body: poll });
  }

  /** No options take the vote back. */
  async vote(event: string, pollId: string, options: readonly number[]): Promise<void> {
    const target = `${poll(event, pollId)}/vote`;
    if (options.length === 0) await this.#caller.call("DELETE", target);
    else await this.#caller.call("PUT", target, { body: { options } });
  }

  closePoll(event: string, pollId: string): Promise<Poll> {
    return this.#caller.call("POST", `${poll(event, pollId)}/close`, { repeatable: true });
  }

  // Keeping order

  changeRoom(event: string, change: RoomPatch): Promise<RoomSettings> {
    return this.#caller.call("PATCH", `${path(event)}/room`, { body: change, repeatable: true });
  }

  sanction(event: string, sanction: NewSanction): Promise<Sanction> {
    return this.#caller.call("POST", `${path(event)}/sanctions`, { body: sanction });
  }

  reports(event: string, query: { limit?: number; after?: string } = {}): Promise<Page<Report>> {
    return this.#caller.call("GET", `${path(event)}/reports`, { query });
  }

  appeal(event: string, messageId: string, text: string): Promise<Appeal> {
    return this.#caller.call("POST", `${message(event, messageId)}/appeal`, { body: { text } });
  }

  appeals(event: string, query: { open?: boolean; limit?: number; after?: string } = {}): Promise<Page<Appeal>> {
    return this.#caller.call("GET", `${path(event)}/appeals`, { query });
  }

  decideAppeal(event: string, appealId: string, decision: "upheld" | "overturned", reason: string): Promise<Appeal> {
    const target = `${path(event)}/appeals/${encodeURIComponent(appealId)}/decide`;
    return this.#caller.call("POST", target, { body: { decision, reason } });
  }

  sanctions(
    event: string,
    query: { in_force?: boolean; limit?: number; after?: string } = {},
  ): Promise<Page<Sanction>> {
    return this.#caller.call("GET", `${path(event)}/sanctions`, { query });
  }

  liftSanction(event: string, sanctionId: string): Promise<void> {
    return this.#caller.call("DELETE", `${path(event)}/sanctions/${encodeURIComponent(sanctionId)}`);
  }

  raid(event: string): Promise<Raid> {
    return this.#caller.call("GET", `${path(event)}/raid`);
  }

  setRaid(event: string, on: boolean): Promise<Raid> {
    return this.#caller.call("PUT", `${path(event)}/raid`, { body: { on } });
  }

  /** The record of decisions, latest first. */
  audit(event: string, query: { limit?: number; after?: string } = {}): Promise<Page<Decision>> {
    return this.#caller.call("GET", `${path(event)}/audit`, { query });
  }

  report(event: string, messageId: string, reason: ReportReason, note?: string): Promise<void> {
    const body = note ? { reason, note } : { reason };
    return this.#caller.call("POST", `${message(event, messageId)}/reports`, { body });
  }

  /** Reads something of an event as of the time this was made for. */
  #read<T>(target: string, query: Query = {}): Promise<T> {
    return this.#caller.call("GET", target, { query: { ...this.#shift, ...query } });
  }
}

function path(event: string): string {
  return `/v1/events/${encodeURIComponent(event)}`;
}

function message(event: string, messageId: string): string {
  return `${path(event)}/messages/${encodeURIComponent(messageId)}`;
}

function poll(event: string, pollId: string): string {
  return `${path(event)}/polls/${encodeURIComponent(pollId)}`;
}

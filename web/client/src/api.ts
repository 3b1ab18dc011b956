/**
 * Typed actions over plain HTTP. Each either resolves with the server's answer or throws `ProblemError` or
 * `NetworkError`. What is safe to repeat is repeated here (reads, PUT, DELETE, and messages, whose `client_id`
 * makes a repeat harmless); what is not, never is.
 */
import { backoffMs } from "./backoff.ts";
import { NetworkError, problemOf, ProblemError } from "./problem.ts";
import type {
  Appeal,
  Awards,
  ApplauseCounts,
  ApplauseKind,
  AttendancePage,
  EventStatusReport,
  GuestSession,
  LiveEvent,
  Me,
  Message,
  NewPoll,
  NewSanction,
  Page,
  Poll,
  ReactionAnswer,
  Receipt,
  Report,
  ReportReason,
  RoomSettings,
  Sanction,
  Scoreboard,
  Snapshot,
  Standing,
  StreamTicket,
} from "./wire.ts";

export interface ApiOptions {
  /** Where `/v1` lives; empty for the page's own origin. */
  baseUrl?: string;
  token?: () => string | undefined;
  fetch?: typeof fetch;
  /** How often a safe request is tried in all. */
  tries?: number;
  /** No answer for so long counts as none. */
  timeoutMs?: number;
  random?: () => number;
}

export interface EventFilter {
  status?: string;
  kind?: string;
  q?: string;
  featured?: boolean;
  limit?: number;
  after?: string;
}

export interface NewMessage {
  text: string;
  parent_id?: string;
  client_id: string;
}

type Query = Record<string, string | number | boolean | undefined>;

interface Call {
  body?: unknown;
  query?: Query;
  headers?: Record<string, string>;
  repeatable?: boolean;
  tries?: number;
  token?: string;
}

/** A fresh idempotency key for one message. */
export function newClientId(): string {
  return crypto.randomUUID?.() ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

export class GrandstandApi {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions = {}) {
    this.#options = options;
  }

  streamUrl(event: string, query: Query = {}): string {
    return this.#url(`${path(event)}/stream`, query);
  }

  // Who am I

  me(): Promise<Me> {
    return this.#call("GET", "/v1/me");
  }

  signInAsGuest(name: string, avatarUrl?: string): Promise<GuestSession> {
    const body = avatarUrl ? { name, avatar_url: avatarUrl } : { name };
    return this.#call("POST", "/v1/auth/guest", { body });
  }

  /** Turns the token into an HttpOnly cookie, which native EventSource and a reload carry along. */
  openSession(token: string): Promise<void> {
    return this.#call("POST", "/v1/auth/session", { token });
  }

  closeSession(): Promise<void> {
    return this.#call("DELETE", "/v1/auth/session");
  }

  streamTicket(event: string): Promise<StreamTicket> {
    return this.#call("POST", `${path(event)}/stream-tickets`);
  }

  // Events

  events(filter: EventFilter = {}): Promise<Page<LiveEvent>> {
    return this.#call("GET", "/v1/events", { query: { ...filter } });
  }

  event(event: string): Promise<LiveEvent> {
    return this.#call("GET", path(event));
  }

  status(event: string): Promise<EventStatusReport> {
    return this.#call("GET", `${path(event)}/status`);
  }

  snapshot(event: string): Promise<Snapshot> {
    return this.#call("GET", `${path(event)}/snapshot`);
  }

  contest(event: string): Promise<Scoreboard> {
    return this.#call("GET", `${path(event)}/contest`);
  }

  // Messages

  /** 201 gives an `active` message, 202 a `held` one; both are the message. */
  post(event: string, message: NewMessage, tries?: number): Promise<Message> {
    const call: Call = { body: message, repeatable: true };
    if (tries !== undefined) call.tries = tries;
    return this.#call("POST", `${path(event)}/messages`, call);
  }

  edit(event: string, messageId: string, text: string): Promise<Message> {
    return this.#call("PATCH", message(event, messageId), { body: { text }, repeatable: true });
  }

  remove(event: string, messageId: string): Promise<void> {
    return this.#call("DELETE", message(event, messageId));
  }

  message(event: string, messageId: string): Promise<Message> {
    return this.#call("GET", message(event, messageId));
  }

  history(
    event: string,
    query: { before?: string; after?: string; limit?: number } = {},
  ): Promise<Page<Message>> {
    return this.#call("GET", `${path(event)}/messages`, { query });
  }

  replies(
    event: string,
    messageId: string,
    query: { after?: string; limit?: number } = {},
  ): Promise<Page<Message>> {
    return this.#call("GET", `${message(event, messageId)}/replies`, { query });
  }

  search(event: string, q: string, query: { limit?: number } = {}): Promise<Page<Message>> {
    return this.#call("GET", `${path(event)}/messages/search`, { query: { q, ...query } });
  }

  pin(event: string, messageId: string, on: boolean): Promise<Message> {
    return this.#call(on ? "PUT" : "DELETE", `${message(event, messageId)}/pin`);
  }

  release(event: string, messageId: string): Promise<Message> {
    return this.#call("POST", `${message(event, messageId)}/release`, { repeatable: true });
  }

  /** The reason is told to the author. */
  hide(event: string, messageId: string, reason?: string): Promise<Message> {
    return this.#call("POST", `${message(event, messageId)}/hide`, { query: { reason }, repeatable: true });
  }

  /** Turns a held message down; the reason is told to the author, who may appeal. */
  reject(event: string, messageId: string, reason: string): Promise<Message> {
    return this.#call("POST", `${message(event, messageId)}/reject`, { body: { reason }, repeatable: true });
  }

  restore(event: string, messageId: string): Promise<Message> {
    return this.#call("POST", `${message(event, messageId)}/restore`, { repeatable: true });
  }

  react(event: string, messageId: string, emoji: string, on: boolean): Promise<ReactionAnswer> {
    const target = `${message(event, messageId)}/reactions/${encodeURIComponent(emoji)}`;
    return this.#call(on ? "PUT" : "DELETE", target);
  }

  // The crowd

  applaud(event: string, kind: ApplauseKind, count: number): Promise<{ applause: ApplauseCounts }> {
    return this.#call("POST", `${path(event)}/applause`, { body: { kind, count } });
  }

  participants(
    event: string,
    query: { limit?: number; after?: string } = {},
  ): Promise<AttendancePage> {
    return this.#call("GET", `${path(event)}/participants`, { query });
  }

  setPresence(event: string, status: "online" | "away"): Promise<void> {
    return this.#call("PUT", `${path(event)}/presence`, { body: { status } });
  }

  setTyping(event: string, typing: boolean, parentId?: string): Promise<void> {
    const body = parentId === undefined ? { typing } : { typing, parent_id: parentId };
    return this.#call("POST", `${path(event)}/typing`, { body });
  }

  markRead(event: string, messageId: string): Promise<Receipt> {
    return this.#call("PUT", `${path(event)}/receipt`, { body: { message_id: messageId } });
  }

  /** Where I stand: my own mark, and how far messages have come. */
  standing(event: string): Promise<Standing> {
    return this.#call("GET", `${path(event)}/receipt`);
  }

  receipts(event: string, query: { limit?: number; after?: string } = {}): Promise<Page<Receipt>> {
    return this.#call("GET", `${path(event)}/receipts`, { query });
  }

  award(event: string, userId: string, badge: string, on: boolean): Promise<Awards> {
    const target = `${path(event)}/badges/${encodeURIComponent(userId)}/${encodeURIComponent(badge)}`;
    return this.#call(on ? "PUT" : "DELETE", target);
  }

  // Polls

  openPoll(event: string, poll: NewPoll): Promise<Poll> {
    return this.#call("POST", `${path(event)}/polls`, { body: poll });
  }

  /** No options take the vote back. */
  async vote(event: string, pollId: string, options: readonly number[]): Promise<void> {
    const target = `${poll(event, pollId)}/vote`;
    if (options.length === 0) await this.#call("DELETE", target);
    else await this.#call("PUT", target, { body: { options } });
  }

  closePoll(event: string, pollId: string): Promise<Poll> {
    return this.#call("POST", `${poll(event, pollId)}/close`, { repeatable: true });
  }

  // Keeping order

  changeRoom(event: string, change: Partial<RoomSettings>): Promise<RoomSettings> {
    return this.#call("PATCH", `${path(event)}/room`, { body: change, repeatable: true });
  }

  sanction(event: string, sanction: NewSanction): Promise<Sanction> {
    return this.#call("POST", `${path(event)}/sanctions`, { body: sanction });
  }

  reports(event: string, query: { limit?: number; after?: string } = {}): Promise<Page<Report>> {
    return this.#call("GET", `${path(event)}/reports`, { query });
  }

  appeal(event: string, messageId: string, text: string): Promise<Appeal> {
    return this.#call("POST", `${message(event, messageId)}/appeal`, { body: { text } });
  }

  appeals(event: string, query: { open?: boolean; limit?: number; after?: string } = {}): Promise<Page<Appeal>> {
    return this.#call("GET", `${path(event)}/appeals`, { query });
  }

  decideAppeal(event: string, appealId: string, decision: "upheld" | "overturned", reason: string): Promise<Appeal> {
    const target = `${path(event)}/appeals/${encodeURIComponent(appealId)}/decide`;
    return this.#call("POST", target, { body: { decision, reason } });
  }

  report(event: string, messageId: string, reason: ReportReason, note?: string): Promise<void> {
    const body = note ? { reason, note } : { reason };
    return this.#call("POST", `${message(event, messageId)}/reports`, { body });
  }

  async #call<T>(method: string, target: string, call: Call = {}): Promise<T> {
    const repeatable = call.repeatable ?? ["GET", "PUT", "DELETE"].includes(method);
    const tries = repeatable ? (call.tries ?? this.#options.tries ?? 4) : 1;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once<T>(method, target, call);
      } catch (error) {
        if (attempt + 1 >= tries || !mayPass(error)) throw error;
        const asked = error instanceof ProblemError ? (error.retryAfterMs ?? 0) : 0;
        const random = this.#options.random ?? Math.random;
        await sleep(asked + backoffMs(attempt, { baseMs: 500, maxMs: 8_000 }, random));
      }
    }
  }

  async #once<T>(method: string, target: string, call: Call): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json", ...call.headers };
    const token = call.token ?? this.#options.token?.();
    if (token) headers["Authorization"] = `Bearer ${token}`;
    const signal = AbortSignal.timeout(this.#options.timeoutMs ?? 20_000);
    const init: RequestInit = { method, headers, credentials: "same-origin", signal };
    if (call.body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(call.body);
    }
    let response: Response;
    let text: string;
    try {
      response = await (this.#options.fetch ?? fetch)(this.#url(target, call.query ?? {}), init);
      if (!response.ok) throw await problemOf(response);
      text = await response.text();
    } catch (error) {
      throw error instanceof ProblemError ? error : new NetworkError(error);
    }
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  #url(target: string, query: Query): string {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) params.set(name, String(value));
    }
    const search = params.size > 0 ? `?${params}` : "";
    return `${this.#options.baseUrl ?? ""}${target}${search}`;
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

/** Trouble that is likely to be gone in a moment; a 429 is for the person to see, not for a loop. */
function mayPass(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  return error instanceof ProblemError && [502, 503, 504].includes(error.status);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

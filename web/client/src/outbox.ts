/**
 * Messages on their way: shown at once, sent one after the other in the order written, and gone from here when the
 * stream shows them. What waits survives a reload and is sent by one tab only; the `client_id` each was given when it
 * was written makes a second arrival of the same send harmless. Trouble that passes keeps a message waiting; a refusal
 * is kept for the author to see, to try again or to drop.
 */
import { newClientId, type GrandstandApi, type NewMessage } from "./api.ts";
import { backoffMs } from "./backoff.ts";
import { memoryStore, type Outgoing, type OutboxStore } from "./outbox-store.ts";
import { ProblemError } from "./problem.ts";
import type { Exclusive } from "./tabs.ts";
import type { Message, Problem } from "./wire.ts";

export interface OutboxOptions {
  store?: OutboxStore;
  /** So that of several tabs one sends; see `exclusive`. */
  exclusive?: Exclusive;
  /** How long after it was written a message may take to be shown by the stream; more where one watches delayed. */
  arrivesWithinMs?: number;
  random?: () => number;
}

/** More than anybody writes while the network is away; beyond it `add` says no. */
export const MOST_UNSENT = 50;
/** What was meant for a moment an hour ago is not sent into another; the author decides. */
const STALE_MS = 3_600_000;
/** A rate limit that passes so soon is waited out. */
const LONGEST_WAIT_MS = 120_000;
/** An accepted message whose stream nobody watched is in the room's history. */
const ARRIVED_MS = 60_000;
const BACKOFF = { baseMs: 1_000, maxMs: 30_000 };

export class Outbox {
  readonly #api: Pick<GrandstandApi, "post" | "message">;
  readonly #event: string;
  readonly #onChange: (items: readonly Outgoing[]) => void;
  readonly #store: OutboxStore;
  readonly #exclusive: Exclusive;
  readonly #arrivesWithinMs: number;
  readonly #random: () => number;
  readonly #forget: () => void;
  #items: readonly Outgoing[] = [];
  #draining = false;
  #failures = 0;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    api: Pick<GrandstandApi, "post" | "message">,
    event: string,
    onChange: (items: readonly Outgoing[]) => void,
    options: OutboxOptions = {},
  ) {
    this.#api = api;
    this.#event = event;
    this.#onChange = onChange;
    this.#store = options.store ?? memoryStore();
    this.#exclusive = options.exclusive ?? ((work) => work(() => true));
    this.#arrivesWithinMs = options.arrivesWithinMs ?? ARRIVED_MS;
    this.#random = options.random ?? Math.random;
    this.#forget = this.#store.listen(() => {
      this.#read();
      // Whoever wrote it is asleep or gone, or it is being sent already; the lock knows.
      void this.#drain();
    });
    this.#read();
  }

  get items(): readonly Outgoing[] {
    return this.#items;
  }

  /** Undefined when too much waits already. */
  add(text: string, parentId?: string, mentions: readonly string[] = []): Outgoing | undefined {
    this.#read();
    if (this.#items.length >= MOST_UNSENT) return undefined;
    const newest = Date.parse(this.#items.at(-1)?.writtenAt ?? "") || 0;
    const item: Outgoing = {
      clientId: newClientId(),
      text,
      ...(parentId === undefined ? {} : { parentId }),
      ...(mentions.length === 0 ? {} : { mentions: [...mentions] }),
      // Order is by time: two in one millisecond, or a clock set back, must not swap.
      writtenAt: new Date(Math.max(Date.now(), newest + 1)).toISOString(),
      state: "queued",
    };
    this.#put(item);
    void this.#drain();
    return item;
  }

  /** The network is there: tries everything now that waits for it, and asks what became of what was held. */
  flush(): void {
    this.#failures = 0;
    for (const item of this.#items) {
      if (item.state === "queued" && item.tryAt !== undefined && !item.problem) this.#put(fresh(item));
      if (item.state === "held") void this.#ask(item);
    }
    void this.#drain();
  }

  retry(clientId: string): void {
    const item = this.#find(clientId);
    if (item?.state !== "failed" && item?.state !== "queued") return;
    // Takes its place at the end, as if written now: what came after it has long been read.
    this.#put({ ...fresh(item), state: "queued", writtenAt: new Date().toISOString() });
    void this.#drain();
  }

  drop(clientId: string): void {
    this.#store.remove(clientId);
    this.#read();
    void this.#drain();
  }

  /** The stream showed these messages: ours among them have arrived. */
  seen(messages: readonly Message[]): void {
    if (this.#items.length === 0) return;
    const ids = new Set(messages.flatMap((message) => [message.id, message.client_id]));
    const arrived = this.#items.filter(
      (item) => ids.has(item.clientId) || (item.messageId !== undefined && ids.has(item.messageId)),
    );
    for (const item of arrived) this.#store.remove(item.clientId);
    if (arrived.length > 0) this.#read();
  }

  close(): void {
    this.#closed = true;
    this.#forget();
    clearTimeout(this.#timer);
  }

  async #drain(): Promise<void> {
    if (this.#draining || this.#closed) return;
    this.#draining = true;
    clearTimeout(this.#timer);
    try {
      // One at a time under the lock, so that tabs take turns and none holds it for long.
      while (!this.#closed && this.#due()) {
        await this.#exclusive(async (held) => {
          this.#read();
          const next = this.#due();
          if (next && held()) await this.#send(next);
        });
      }
    } catch {
      // The lock could not be had; the next occasion is another try.
    } finally {
      this.#draining = false;
    }
    const waits = this.#items.find(isUnsent)?.tryAt;
    if (waits !== undefined && !this.#closed) {
      this.#timer = setTimeout(() => void this.#drain(), Math.max(50, waits - Date.now()));
    }
  }

  /** The oldest that is unsent, if its time has come; nothing behind it is tried before, because order is kept. */
  #due(): Outgoing | undefined {
    const next = this.#items.find(isUnsent);
    return next && (next.tryAt ?? 0) <= Date.now() ? next : undefined;
  }

  async #send(item: Outgoing): Promise<void> {
    if (Date.now() - Date.parse(item.writtenAt) > STALE_MS) {
      return this.#change(item.clientId, { state: "failed", problem: STALE });
    }
    this.#put({ ...fresh(item), state: "sending" });
    const body: NewMessage = { text: item.text, client_id: item.clientId };
    if (item.parentId !== undefined) body.parent_id = item.parentId;
    if (item.mentions) body.mentions = [...item.mentions];
    try {
      const message = await this.#api.post(this.#event, body, 1);
      this.#failures = 0;
      const state = message.status === "held" ? "held" : "accepted";
      this.#change(item.clientId, { state, messageId: message.id });
    } catch (error) {
      this.#change(item.clientId, this.#afterTrouble(error));
    }
  }

  #afterTrouble(error: unknown): Partial<Outgoing> {
    if (!(error instanceof ProblemError) || error.status >= 500) {
      const asked = error instanceof ProblemError ? (error.retryAfterMs ?? 0) : 0;
      const waitMs = asked + BACKOFF.baseMs + backoffMs(this.#failures++, BACKOFF, this.#random);
      return { state: "queued", tryAt: Date.now() + waitMs };
    }
    const { problem, retryAfterMs } = error;
    if (error.status === 429 && retryAfterMs !== undefined && retryAfterMs <= LONGEST_WAIT_MS) {
      return { state: "queued", problem, tryAt: Date.now() + retryAfterMs };
    }
    return { state: "failed", problem };
  }

  /** A held message is decided on while nobody here listens; the answer is at the server. */
  async #ask(item: Outgoing): Promise<void> {
    if (item.messageId === undefined) return;
    try {
      const { status } = await this.#api.message(this.#event, item.messageId);
      if (status === "active") this.#store.remove(item.clientId);
      else if (status !== "held") this.#change(item.clientId, { state: "failed", problem: TURNED_DOWN });
      this.#read();
    } catch (error) {
      const gone = error instanceof ProblemError && error.status === 404;
      if (gone) this.#change(item.clientId, { state: "failed", problem: TURNED_DOWN });
    }
  }

  #find(clientId: string): Outgoing | undefined {
    return this.#items.find((item) => item.clientId === clientId);
  }

  /** What was dropped meanwhile, or shown by the stream, stays gone. */
  #change(clientId: string, change: Partial<Outgoing>): void {
    this.#read();
    const item = this.#find(clientId);
    if (item) this.#put({ ...item, ...change });
  }

  #put(item: Outgoing): void {
    this.#store.put(item);
    this.#read();
  }

  #read(): void {
    const items = this.#store.list();
    const arrivedBefore = Date.now() - this.#arrivesWithinMs;
    const old = items.filter((item) => item.state === "accepted" && Date.parse(item.writtenAt) < arrivedBefore);
    for (const item of old) this.#store.remove(item.clientId);
    this.#items = items.filter((item) => !old.includes(item));
    this.#onChange(this.#items);
  }
}

/** `sending` counts: whoever finds it so while holding the lock finds what a dead tab left. */
function isUnsent(item: Outgoing): boolean {
  return item.state === "queued" || item.state === "sending";
}

function fresh(item: Outgoing): Outgoing {
  const { problem: _known, tryAt: _waited, ...rest } = item;
  return rest;
}

function own(code: string, title: string, detail: string): Problem {
  return { type: "about:blank", title, status: 0, detail, code };
}

const STALE = own("unsent-too-long", "It was never sent", "It waited too long for the connection.");
const TURNED_DOWN = own("not-released", "It was turned down", "A moderator did not release it.");

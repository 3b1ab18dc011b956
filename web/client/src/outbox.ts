/**
 * Messages on their way: shown at once, sent one after the other in the order written, and gone from here when
 * the stream or the answer shows them. Trouble that passes keeps them waiting; a refusal is kept for the
 * author to see, to try again or to drop.
 */
import { newClientId, type GrandstandApi, type NewMessage } from "./api.ts";
import { NetworkError, ProblemError } from "./problem.ts";
import type { Message } from "./wire.ts";

export interface Outgoing {
  readonly clientId: string;
  readonly text: string;
  readonly parentId?: string;
  readonly writtenAt: string;
  /** `sent` is accepted, and stays until the stream shows it, so that it never flickers out of view. */
  readonly state: "sending" | "waiting" | "sent" | "held" | "refused";
  readonly messageId?: string;
  readonly error?: ProblemError | NetworkError;
}

export class Outbox {
  readonly #api: Pick<GrandstandApi, "post">;
  readonly #event: string;
  readonly #onChange: (items: readonly Outgoing[]) => void;
  #items: readonly Outgoing[] = [];
  #sending = false;

  constructor(
    api: Pick<GrandstandApi, "post">,
    event: string,
    onChange: (items: readonly Outgoing[]) => void,
  ) {
    this.#api = api;
    this.#event = event;
    this.#onChange = onChange;
  }

  get items(): readonly Outgoing[] {
    return this.#items;
  }

  add(text: string, parentId?: string): Outgoing {
    const item: Outgoing = {
      clientId: newClientId(),
      text,
      ...(parentId === undefined ? {} : { parentId }),
      writtenAt: new Date().toISOString(),
      state: "sending",
    };
    this.#set([...this.#items, item]);
    void this.#drain();
    return item;
  }

  /** Tries everything again that waits for the network. */
  flush(): void {
    this.#set(this.#items.map((item) => (item.state === "waiting" ? fresh(item) : item)));
    void this.#drain();
  }

  retry(clientId: string): void {
    this.#set(this.#items.map((item) => (item.clientId === clientId ? fresh(item) : item)));
    void this.#drain();
  }

  drop(clientId: string): void {
    this.#set(this.#items.filter((item) => item.clientId !== clientId));
  }

  /** The stream showed these messages: ours among them have arrived. */
  seen(messages: readonly Message[]): void {
    if (this.#items.length === 0) return;
    const ids = new Set(messages.flatMap((message) => [message.id, message.client_id]));
    const arrived = (item: Outgoing): boolean =>
      ids.has(item.clientId) || (item.messageId !== undefined && ids.has(item.messageId));
    const left = this.#items.filter((item) => !arrived(item));
    if (left.length < this.#items.length) this.#set(left);
  }

  async #drain(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (;;) {
        const next = this.#items.find((item) => item.state === "sending");
        if (!next || !(await this.#send(next))) return;
      }
    } finally {
      this.#sending = false;
    }
  }

  /** False when nothing behind this one should be tried now: order is kept. */
  async #send(item: Outgoing): Promise<boolean> {
    const body: NewMessage = { text: item.text, client_id: item.clientId };
    if (item.parentId !== undefined) body.parent_id = item.parentId;
    try {
      const message = await this.#api.post(this.#event, body);
      const state = message.status === "held" ? "held" : "sent";
      this.#change(item.clientId, { state, messageId: message.id });
      return true;
    } catch (error) {
      const passing =
        error instanceof NetworkError || (error instanceof ProblemError && error.status >= 500);
      const known = error instanceof NetworkError || error instanceof ProblemError;
      this.#change(item.clientId, {
        state: passing ? "waiting" : "refused",
        error: known ? error : new NetworkError(error),
      });
      return !passing;
    }
  }

  #change(clientId: string, change: Partial<Outgoing>): void {
    this.#set(
      this.#items.map((item) => (item.clientId === clientId ? { ...item, ...change } : item)),
    );
  }

  #set(items: readonly Outgoing[]): void {
    this.#items = items;
    this.#onChange(items);
  }
}

function fresh(item: Outgoing): Outgoing {
  const { error: _forgotten, ...rest } = item;
  return { ...rest, state: "sending" };
}

/**
 * One thread: the message it began with and the replies, oldest first, kept true by the same frames as the room. The
 * replies come from the server, because the room holds only the newest messages.
 */
import { emptyRoom, foldAll, withOlder, type Frame, type GrandstandApi, type Message, type RoomState } from "@grandstand/client";

const PAGE = 100;
/** More than anybody reads; the rest is asked for by a button. */
const KEEP_REPLIES = 2_000;

export class Thread {
  readonly slug: string;
  readonly id: string;
  readonly #api: () => GrandstandApi;
  loading = $state(true);
  failed = $state(false);
  more = $state(false);
  /** A reply somebody was led here for. */
  lit = $state<string | undefined>();
  #state = $state.raw<RoomState>(emptyRoom(KEEP_REPLIES));
  #cursor: string | undefined;
  /** What the stream says while a page is on its way is folded in after the page, which may be older. */
  #waiting: Frame[] = [];

  /** `api` reads at the time the room is watched at. */
  constructor(slug: string, id: string, known: Message | undefined, api: () => GrandstandApi) {
    this.slug = slug;
    this.#api = api;
    this.id = id;
    if (known) this.#state = withOlder(this.#state, [known], false);
  }

  get parent(): Message | undefined {
    return this.#state.messages.find((message) => message.id === this.id);
  }

  get replies(): readonly Message[] {
    return this.#state.messages.filter((message) => message.id !== this.id);
  }

  /** Asks for the beginning of the thread, or for what follows what is here. */
  async load(): Promise<void> {
    this.loading = true;
    this.failed = false;
    try {
      const [parent, page] = await Promise.all([
        this.#api().message(this.slug, this.id),
        this.#api().replies(this.slug, this.id, { limit: PAGE, ...(this.#cursor ? { after: this.#cursor } : {}) }),
      ]);
      const others = this.#state.messages.filter((message) => message.id !== this.id);
      this.#state = withOlder({ ...this.#state, messages: others }, [parent, ...page.items], false);
      this.#cursor = page.next_cursor;
      this.more = page.next_cursor !== undefined;
    } catch {
      this.failed = true;
    } finally {
      this.loading = false;
      this.take([]);
    }
  }

  light(id: string): void {
    this.lit = id;
  }

  take(frames: readonly Frame[]): void {
    // A new beginning of the room: what was missed here as well is only known to the server.
    if (frames.some((frame) => frame.type === "stream.snapshot")) void this.load();
    this.#waiting.push(...frames.filter((frame) => this.#concerns(frame)));
    if (this.loading || this.#waiting.length === 0) return;
    this.#state = foldAll(this.#state, this.#waiting);
    this.#waiting = [];
  }

  #concerns(frame: Frame): boolean {
    switch (frame.type) {
      case "message.created":
      case "message.released":
        return frame.data.message.parent_id === this.id;
      case "message.updated":
      case "message.deleted":
      case "message.hidden":
      case "reactions.changed":
        return true;
      default:
        return false;
    }
  }
}

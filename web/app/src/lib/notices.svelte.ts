/**
 * The bell: my notifications, on every page and in every tab by one stream. Other devices and tabs hear what is read by
 * the same stream.
 */
import {
  emptyNotices,
  foldNotices,
  KEEP_NOTICES,
  noticesFrame,
  SharedStream,
  StateMemory,
  withNewest,
  withNotices,
  withRead,
  type Frame,
  type Notice,
  type NoticesState,
} from "@grandstand/client";
import { Companion } from "./companion.ts";
import { session } from "./session.svelte.ts";
import { noticeTitle } from "./notice-words.ts";

const PAGE = 20;
/** Several tabs hear of it at once, and one answer may serve what follows. */
const SETTLE_MS = 300;

class Notices {
  state = $state.raw<NoticesState>(emptyNotices);
  loadingMore = $state(false);
  /** Nothing lies before what is here. */
  exhausted = $state(false);
  /** Said to screen readers when something new comes. */
  announcement = $state("");
  #stream: SharedStream | undefined;
  #cursor: string | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;

  readonly #companion = new Companion({
    connect: () => this.#connect(),
    disconnect: () => this.#disconnect(),
    ask: () => this.#refresh(),
    mostRooms: 3,
  });

  /** A stream never changes who it is: called again for every identity. */
  open(): void {
    this.close();
    if (session.user) this.#companion.open();
  }

  #connect(): void {
    if (!session.user) return;
    const stream = new SharedStream({
      url: session.api.my.streamUrl(),
      share: `grandstand-me/${session.credential}`,
      user: session.user.id,
      resume: false,
      memory: new StateMemory(emptyNotices, foldNotices, noticesFrame),
      prepare: async () => ({ headers: session.token ? { Authorization: `Bearer ${session.token}` } : {} }),
      onFrames: (frames) => {
        if (stream === this.#stream) this.#take(frames);
      },
    });
    this.#stream = stream;
    stream.start();
  }

  #disconnect(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.stop();
  }

  close(): void {
    this.#companion.close();
    clearTimeout(this.#looking);
    this.#looking = undefined;
    this.state = emptyNotices;
    this.exhausted = false;
    this.#cursor = undefined;
  }

  #take(frames: readonly Frame[]): void {
    const before = this.state;
    this.state = frames.reduce(foldNotices, before);
    if (!this.state.ready || this.state === before) return;
    // What was read here is known here; which ones were read elsewhere, or went with their message, the server knows.
    const changed = frames.some((frame) => (frame.type as string) === "notifications.read" && !("up_to" in frame.data));
    if (changed && this.state.unread !== before.unread) this.#lookAgain();
    if (frames.some((frame) => (frame.type as string) === "me.snapshot")) {
      // A new beginning: the way back is walked anew from here.
      this.#cursor = undefined;
      this.exhausted = this.state.latest.length < PAGE;
    }
    if (!before.ready) return;
    const newest = this.state.latest[0];
    if (newest && newest.id > (before.latest[0]?.id ?? "") && !newest.read_at) this.announcement = noticeTitle(newest);
  }

  #lookAgain(): void {
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined;
      void this.#refresh();
    }, SETTLE_MS + Math.random() * SETTLE_MS);
  }

  async #refresh(): Promise<void> {
    try {
      const page = await session.api.my.notices({ limit: PAGE });
      this.state = withNewest(this.state, page.items, page.unread);
      if (page.next_cursor === undefined) this.exhausted = true;
    } catch {
      // The number is right; which ones it means is told with the next one.
    }
  }

  async read(notice: Notice): Promise<void> {
    if (notice.read_at) return;
    const before = this.state;
    this.state = { ...withRead(before, (one) => one.id === notice.id), unread: Math.max(0, before.unread - 1) };
    await this.#mark({ ids: [notice.id] }, before);
  }

  async readAll(): Promise<void> {
    const newest = this.state.latest[0];
    if (!newest) return;
    const before = this.state;
    this.state = { ...withRead(before, () => true), unread: 0 };
    await this.#mark({ up_to: newest.id }, before);
  }

  async #mark(what: { ids: string[] } | { up_to: string }, before: NoticesState): Promise<void> {
    try {
      const { unread } = await session.api.my.markRead(what);
      this.state = { ...this.state, unread };
    } catch {
      // Not read after all, as far as the server knows.
      const known = new Map(before.latest.map((notice) => [notice.id, notice]));
      const latest = this.state.latest.map((notice) => known.get(notice.id) ?? notice);
      this.state = { ...this.state, unread: before.unread, latest };
    }
  }

  async more(): Promise<void> {
    if (this.loadingMore || this.exhausted) return;
    this.loadingMore = true;
    try {
      // The first page lies within what is here; only the server knows how to go on from it.
      for (let had = this.state.latest.length; this.state.latest.length === had && !this.exhausted; ) {
        const before = this.#cursor;
        const page = await session.api.my.notices({ limit: PAGE, ...(before === undefined ? {} : { before }) });
        this.#cursor = page.next_cursor;
        this.exhausted = page.next_cursor === undefined || this.state.latest.length >= KEEP_NOTICES;
        this.state = { ...withNotices(this.state, page.items), unread: page.unread };
      }
    } catch {
      // The button stays.
    } finally {
      this.loadingMore = false;
    }
  }
}

export const notices = new Notices();

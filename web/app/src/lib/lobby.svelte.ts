/**
 * The front page, alive: one lobby stream for all tabs of this browser, held only while somebody looks at the page. A
 * page that was away begins again with the whole.
 */
import {
  emptyLobby,
  foldLobby,
  lobbyFrame,
  shelves,
  SharedStream,
  StateMemory,
  type Connection,
  type LobbyState,
} from "@grandstand/client";
import { Companion } from "./companion.ts";
import { FrameQueue } from "./frame-queue.ts";
import { session } from "./session.svelte.ts";

/** A glance at another tab is not worth a new beginning. */
const LET_GO_AFTER_MS = 10_000;

export class Lobby {
  state = $state.raw<LobbyState>(emptyLobby);
  connection = $state.raw<Connection>({ status: "idle" });
  shelves = $derived(shelves(this.state.events.values()));
  #stream: SharedStream | undefined;
  #queue = new FrameQueue((frames) => {
    this.state = frames.reduce(foldLobby, this.state);
  });
  #letGo: ReturnType<typeof setTimeout> | undefined;

  readonly #companion = new Companion({
    connect: () => this.#connect(),
    disconnect: () => this.#disconnect(),
    ask: () => this.#ask(),
    mostRooms: 4,
  });

  open(): void {
    document.addEventListener("visibilitychange", this.#look);
    this.#companion.open();
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.#look);
    clearTimeout(this.#letGo);
    this.#companion.close();
    this.#queue.close();
  }

  /** Somebody signed in or out: a house that tells nobody may tell them. */
  reopen(): void {
    this.#companion.close();
    this.#queue.clear();
    this.#companion.open();
  }

  reconnectNow(): void {
    if (this.connection.status === "closed") this.reopen();
    else this.#stream?.reconnectNow();
  }

  readonly #look = (): void => {
    clearTimeout(this.#letGo);
    if (!document.hidden) this.#companion.open();
    else this.#letGo = setTimeout(() => this.#companion.close(), LET_GO_AFTER_MS);
  };

  async #ask(): Promise<void> {
    const { items } = await session.api.lobby({ limit: 200 });
    this.state = { ready: true, events: new Map(items.map((event) => [event.id, event])) };
    this.connection = { status: "live", since: Date.now() };
  }

  #connect(): void {
    const stream = new SharedStream({
      url: session.api.lobbyStreamUrl(),
      share: `grandstand-lobby/${session.credential}`,
      user: null,
      resume: false,
      memory: new StateMemory(emptyLobby, foldLobby, lobbyFrame),
      prepare: async () => ({ headers: session.token ? { Authorization: `Bearer ${session.token}` } : {} }),
      onFrames: (frames) => {
        if (stream === this.#stream) this.#queue.push(frames);
      },
      onConnection: (connection) => {
        if (stream === this.#stream) this.connection = connection;
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
}

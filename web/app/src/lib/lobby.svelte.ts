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

  open(): void {
    document.addEventListener("visibilitychange", this.#look);
    this.#connect();
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.#look);
    clearTimeout(this.#letGo);
    this.#disconnect();
    this.#queue.close();
  }

  /** Somebody signed in or out: a house that tells nobody may tell them. */
  reopen(): void {
    this.#disconnect();
    this.#queue.clear();
    this.#connect();
  }

  reconnectNow(): void {
    if (this.connection.status === "closed") this.reopen();
    else this.#stream?.reconnectNow();
  }

  readonly #look = (): void => {
    clearTimeout(this.#letGo);
    if (!document.hidden) this.#connect();
    else this.#letGo = setTimeout(() => this.#disconnect(), LET_GO_AFTER_MS);
  };

  #connect(): void {
    if (this.#stream) return;
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

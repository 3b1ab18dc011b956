/** Tabs without a browser: locks as the specification has them, channels, and a storage, all in this process. */
import type { ChannelLike, LocksLike, Tabs } from "../src/tabs.ts";

interface Asked {
  run: () => void;
  refuse: (error: Error) => void;
}

/** Exclusive locks with `signal` and `steal`; answers come a little later, as in a browser. */
export class TestLocks {
  readonly #held = new Map<string, { over: (error: Error) => void }>();
  readonly #waiting = new Map<string, Asked[]>();

  readonly request = ((name: string, options: LockOptions, work: (lock: { name: string }) => unknown): Promise<unknown> =>
    new Promise<unknown>((resolve, reject) => {
      const run = (): void => {
        let free = (): void => {
          if (this.#held.get(name) !== mine) return;
          this.#held.delete(name);
          this.#waiting.get(name)?.shift()?.run();
        };
        const mine = {
          over: (error: Error) => {
            free = () => {};
            reject(error);
          },
        };
        this.#held.set(name, mine);
        Promise.resolve(work({ name })).then(
          (answer) => (free(), resolve(answer)),
          (error: unknown) => (free(), reject(error)),
        );
      };
      queueMicrotask(() => {
        if (options.steal) {
          this.#held.get(name)?.over(new DOMException("stolen", "AbortError"));
          return run();
        }
        if (options.signal?.aborted) return reject(new DOMException("aborted", "AbortError"));
        if (!this.#held.has(name)) return run();
        const line = this.#waiting.get(name) ?? [];
        const asked = { run, refuse: reject };
        this.#waiting.set(name, [...line, asked]);
        options.signal?.addEventListener("abort", () => {
          const left = this.#waiting.get(name) ?? [];
          if (!left.includes(asked)) return;
          this.#waiting.set(name, left.filter((one) => one !== asked));
          reject(new DOMException("aborted", "AbortError"));
        });
      });
    })) as unknown as LocksLike["request"];
}

/** One browser with as many tabs as wanted. */
export class TestBrowser {
  readonly locks = new TestLocks();
  readonly #channels = new Map<string, Set<TestChannel>>();

  tab(): TestTab {
    return new TestTab(this);
  }

  open(name: string, tab: TestTab): TestChannel {
    const channel = new TestChannel(tab, (letter) => {
      for (const other of this.#channels.get(name) ?? []) if (other !== channel) other.take(structuredClone(letter));
    });
    channel.onClose = () => void this.#channels.get(name)?.delete(channel);
    this.#channels.set(name, (this.#channels.get(name) ?? new Set()).add(channel));
    return channel;
  }
}

export class TestTab implements Tabs {
  readonly locks: LocksLike;
  readonly #browser: TestBrowser;
  #sleep = (): void => {};
  #wake = (): void => {};
  /** A tab that hangs hears nothing and says nothing, and the browser does not know. */
  hangs = false;

  constructor(browser: TestBrowser) {
    this.#browser = browser;
    this.locks = browser.locks;
  }

  channel(name: string): ChannelLike {
    return this.#browser.open(name, this);
  }

  listen(sleep: () => void, wake: () => void): () => void {
    this.#sleep = sleep;
    this.#wake = wake;
    return () => {};
  }

  freeze(): void {
    this.#sleep();
  }

  resume(): void {
    this.#wake();
  }
}

class TestChannel implements ChannelLike {
  onmessage: ((event: MessageEvent) => unknown) | null = null;
  onClose = (): void => {};
  readonly #tab: TestTab;
  readonly #send: (letter: unknown) => void;
  #closed = false;

  constructor(tab: TestTab, send: (letter: unknown) => void) {
    this.#tab = tab;
    this.#send = send;
  }

  postMessage(letter: unknown): void {
    if (!this.#closed && !this.#tab.hangs) this.#send(letter);
  }

  take(letter: unknown): void {
    setTimeout(() => {
      if (!this.#closed && !this.#tab.hangs) this.onmessage?.({ data: letter } as MessageEvent);
    });
  }

  close(): void {
    this.#closed = true;
    this.onClose();
  }
}

export class TestStorage implements Storage {
  readonly #lines = new Map<string, string>();
  full = false;

  get length(): number {
    return this.#lines.size;
  }

  key(at: number): string | null {
    return [...this.#lines.keys()][at] ?? null;
  }

  getItem(key: string): string | null {
    return this.#lines.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.#lines.set(key, value);
  }

  removeItem(key: string): void {
    this.#lines.delete(key);
  }

  clear(): void {
    this.#lines.clear();
  }
}

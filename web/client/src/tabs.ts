/**
 * What tabs of one origin have in common: locks, a channel, and the moments in which a tab falls asleep or wakes up.
 * Web Locks exist in secure contexts only (https, or loopback); without them every tab stands alone.
 */

export type LocksLike = Pick<LockManager, "request">;

export interface ChannelLike {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => unknown) | null;
  close(): void;
}

export interface Tabs {
  locks: LocksLike;
  channel(name: string): ChannelLike;
  /** `sleep` comes before the browser stops running this tab, where it says so. Returns how to stop listening. */
  listen(sleep: () => void, wake: () => void): () => void;
}

/** Undefined where tabs can't find each other. */
export function browserTabs(): Tabs | undefined {
  if (typeof navigator === "undefined" || typeof document === "undefined") return undefined;
  const { locks } = navigator;
  if (!locks || typeof BroadcastChannel === "undefined") return undefined;
  return {
    locks,
    channel: (name) => new BroadcastChannel(name),
    listen(sleep, wake) {
      document.addEventListener("freeze", sleep);
      document.addEventListener("resume", wake);
      window.addEventListener("pagehide", sleep);
      window.addEventListener("pageshow", wake);
      return () => {
        document.removeEventListener("freeze", sleep);
        document.removeEventListener("resume", wake);
        window.removeEventListener("pagehide", sleep);
        window.removeEventListener("pageshow", wake);
      };
    },
  };
}

/** Runs `work` while no other tab runs its own. `held` tells whether that still is so. */
export type Exclusive = (work: (held: () => boolean) => Promise<void>) => Promise<void>;

/** A tab that sleeps with the lock in its hands is not waited for longer than this. */
const PATIENCE_MS = 15_000;

export function exclusive(
  name: string,
  locks: LocksLike | undefined = browserTabs()?.locks,
  patienceMs = PATIENCE_MS,
): Exclusive {
  if (!locks) return (work) => work(() => true);
  return async (work) => {
    let holding = false;
    let done: Promise<void> | undefined;
    const run = (): Promise<void> => {
      holding = true;
      done = work(() => holding);
      return done;
    };
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), patienceMs);
    try {
      await locks.request(name, { signal: waiting.signal }, () => {
        clearTimeout(timer);
        return run();
      });
    } catch (error) {
      // Either it was never ours, or it was taken away while we worked; what was begun is carried to its end.
      if (!holding && waiting.signal.aborted) await locks.request(name, { steal: true }, run).catch(() => {});
      else if (!holding) throw error;
      holding = false;
      await done;
    } finally {
      clearTimeout(timer);
      holding = false;
    }
  };
}

/**
 * Where messages wait that were written and are not in the room yet. In a browser they lie in its storage, one line
 * each, so that a reload or another tab finds them and no tab ever overwrites what another wrote.
 */
import type { Problem } from "./wire.ts";

export interface Outgoing {
  readonly clientId: string;
  readonly text: string;
  readonly parentId?: string;
  /** Who is meant by the names in it. */
  readonly mentions?: readonly string[];
  readonly writtenAt: string;
  /**
   * `queued` until its turn and the network come; `accepted` by the server, and kept until the stream shows it, so that
   * it never flickers out of view; `held` for a moderator; `failed` with the problem that says why.
   */
  readonly state: "queued" | "sending" | "accepted" | "held" | "failed";
  readonly messageId?: string;
  /** Why it failed, or why it still waits, where the server said so. */
  readonly problem?: Problem;
  /** In milliseconds since 1970: not tried again before. */
  readonly tryAt?: number;
}

export interface OutboxStore {
  /** In the order written. */
  list(): readonly Outgoing[];
  put(item: Outgoing): void;
  remove(clientId: string): void;
  /** Tells of changes by other tabs. Returns how to stop listening. */
  listen(changed: () => void): () => void;
}

export function memoryStore(): OutboxStore {
  const items = new Map<string, Outgoing>();
  return {
    list: () => inOrder([...items.values()]),
    put: (item) => void items.set(item.clientId, item),
    remove: (clientId) => void items.delete(clientId),
    listen: () => () => {},
  };
}

const ROOT = "grandstand.outbox/";
/** Nobody waits for these any more, whoever wrote them. */
const FORGET_AFTER_MS = 24 * 3_600_000;

/**
 * Keeps messages in the browser's storage, under the person and the event they are for. Without storage, or when it is
 * full, they are kept in memory, and do not survive a reload.
 */
export function browserStore(user: string, event: string, storage = localStorageOrNone()): OutboxStore {
  if (!storage) return memoryStore();
  const prefix = `${ROOT}${encodeURIComponent(user)}/${encodeURIComponent(event)}/`;
  const spill = memoryStore();
  sweep(storage, Date.now() - FORGET_AFTER_MS);
  return {
    list() {
      const kept = keysOf(storage, prefix).flatMap((key) => read(storage, key) ?? []);
      return inOrder([...kept, ...spill.list()]);
    },
    put(item) {
      try {
        storage.setItem(prefix + item.clientId, JSON.stringify(item));
        spill.remove(item.clientId);
      } catch {
        storage.removeItem(prefix + item.clientId);
        spill.put(item);
      }
    },
    remove(clientId) {
      storage.removeItem(prefix + clientId);
      spill.remove(clientId);
    },
    listen(changed) {
      if (typeof window === "undefined") return () => {};
      const heard = (event: StorageEvent): void => {
        if (event.storageArea === storage && (event.key === null || event.key.startsWith(prefix))) changed();
      };
      window.addEventListener("storage", heard);
      return () => window.removeEventListener("storage", heard);
    },
  };
}

/** Takes everything with it that a person left unsent in this browser. */
export function forgetUnsent(user: string, storage = localStorageOrNone()): void {
  if (!storage) return;
  for (const key of keysOf(storage, `${ROOT}${encodeURIComponent(user)}/`)) storage.removeItem(key);
}

function localStorageOrNone(): Storage | undefined {
  try {
    // Throws where a site may not store anything.
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

function keysOf(storage: Storage, prefix: string): string[] {
  const keys = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? "");
  return keys.filter((key) => key.startsWith(prefix));
}

function read(storage: Storage, key: string): Outgoing | undefined {
  const item = parse(storage.getItem(key));
  // Not by us, or by another version: nothing to send.
  if (!item || !key.endsWith(`/${item.clientId}`)) storage.removeItem(key);
  else return item;
  return undefined;
}

const STATES = ["queued", "sending", "accepted", "held", "failed"];

function parse(json: string | null): Outgoing | undefined {
  try {
    const item = JSON.parse(json ?? "") as Outgoing;
    const strings = [item.clientId, item.text, item.writtenAt, item.parentId ?? "", item.messageId ?? "", ...(item.mentions ?? [])];
    if (strings.some((one) => typeof one !== "string") || !STATES.includes(item.state)) return undefined;
    return Number.isNaN(Date.parse(item.writtenAt)) ? undefined : item;
  } catch {
    return undefined;
  }
}

function sweep(storage: Storage, beforeMs: number): void {
  for (const key of keysOf(storage, ROOT)) {
    const item = read(storage, key);
    if (item && Date.parse(item.writtenAt) < beforeMs) storage.removeItem(key);
  }
}

function inOrder(items: Outgoing[]): Outgoing[] {
  return items.sort(
    (a, b) => compare(a.writtenAt, b.writtenAt) || compare(a.clientId, b.clientId),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The two ways to hold a stream open. `fetch` is the default: it can send headers, see status codes and hand
 * over many frames as one chunk. `EventSource` is for pages that want the browser's own client.
 * A transport runs one connection from opening to end; when to try again is not its business.
 */
import { frameOf, FRAME_TYPES, type Frame } from "./frame.ts";
import { retryAfterMs } from "./backoff.ts";
import { SseParser } from "./sse.ts";
import type { Problem } from "./wire.ts";

export interface Attempt {
  url: string;
  /** Resume after this cursor. */
  after: string | undefined;
  headers: Record<string, string>;
  signal: AbortSignal;
  /** Any bytes at all came in: the connection is alive. */
  onBytes(): void;
  onFrames(frames: Frame[]): void;
  onRetry(ms: number): void;
}

/** How a connection ended. `refused` is the server's considered no and is not tried again. */
export type Ending =
  | { kind: "lost"; reason: string; waitMs?: number }
  | { kind: "refused"; status: number; problem?: Problem };

export type Transport = (attempt: Attempt) => Promise<Ending>;

/** Statuses that may pass by themselves; every other 4xx will say the same next time. */
const PASSING = new Set([408, 425, 429]);

export function fetchTransport(fetchFn: typeof fetch = fetch): Transport {
  return async (attempt) => {
    let response: Response;
    try {
      const headers: Record<string, string> = { ...attempt.headers, Accept: "text/event-stream" };
      if (attempt.after !== undefined) headers["Last-Event-ID"] = attempt.after;
      response = await fetchFn(attempt.url, {
        headers,
        signal: attempt.signal,
        cache: "no-store",
        credentials: "same-origin",
      });
    } catch {
      return { kind: "lost", reason: "network" };
    }
    if (response.status !== 200) return endingOf(response);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body) {
      await response.body?.cancel();
      return { kind: "lost", reason: "not-a-stream" };
    }
    return readBody(response.body, attempt);
  };
}

async function readBody(body: ReadableStream<Uint8Array>, attempt: Attempt): Promise<Ending> {
  let frames: Frame[] = [];
  const parser = new SseParser({
    message(message) {
      const frame = frameOf(message);
      if (frame) frames.push(frame);
    },
    retry: attempt.onRetry,
  });
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { kind: "lost", reason: "ended" };
      attempt.onBytes();
      parser.push(value);
      if (frames.length > 0) {
        const ready = frames;
        frames = [];
        attempt.onFrames(ready);
      }
    }
  } catch {
    return { kind: "lost", reason: "network" };
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function endingOf(response: Response): Promise<Ending> {
  const { status } = response;
  if (status < 400 || status >= 500 || PASSING.has(status)) {
    const waitMs = retryAfterMs(response.headers.get("retry-after"), Date.now());
    await response.body?.cancel().catch(() => {});
    // 204 is how a server tells an EventSource to stop for good.
    if (status === 204) return { kind: "refused", status };
    return waitMs === undefined
      ? { kind: "lost", reason: `status-${status}` }
      : { kind: "lost", reason: `status-${status}`, waitMs };
  }
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
  return problem ? { kind: "refused", status, problem } : { kind: "refused", status };
}

/**
 * `EventSource` can't send headers: identity comes from the cookie or from a ticket in the URL, and a resume
 * point of ours goes into `after=`. While the browser reconnects by itself it sends `Last-Event-ID`; this
 * transport returns only when the browser gave up, the caller aborted, or the frames said to.
 */
export function eventSourceTransport(
  EventSourceClass: typeof EventSource = EventSource,
  types: readonly string[] = FRAME_TYPES,
): Transport {
  return (attempt) =>
    new Promise((resolve) => {
      const url = new URL(attempt.url, globalThis.location?.href);
      if (attempt.after !== undefined) url.searchParams.set("after", attempt.after);
      const source = new EventSourceClass(url, { withCredentials: false });
      const finish = (ending: Ending): void => {
        source.close();
        resolve(ending);
      };
      for (const type of types) {
        source.addEventListener(type, (event: MessageEvent<string>) => {
          attempt.onBytes();
          const frame = frameOf({ event: type, data: event.data, id: event.lastEventId });
          // EventSource repeats the last id on frames that had none; only numbered ones may keep it.
          if (frame?.seq === undefined && type !== "stream.snapshot") delete frame?.cursor;
          if (frame) attempt.onFrames([frame]);
        });
      }
      source.addEventListener("open", () => attempt.onBytes());
      source.addEventListener("error", () => {
        if (source.readyState === source.CLOSED) finish({ kind: "lost", reason: "network" });
      });
      attempt.signal.addEventListener("abort", () => finish({ kind: "lost", reason: "network" }));
    });
}

/**
 * Exponential backoff with full jitter: the wait is anywhere between nothing and the ceiling of this attempt.
 * Thousands of viewers lose their stream in the same second; full jitter is what keeps their return flat.
 */

export interface Backoff {
  /** Ceiling of the first wait; `retry:` from the server replaces it. */
  baseMs: number;
  /** No wait is longer, however many attempts failed. */
  maxMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { baseMs: 1_000, maxMs: 30_000 };

/** `attempt` counts from 0; `random` is in [0, 1). */
export function backoffMs(attempt: number, backoff: Backoff, random: () => number): number {
  // 2^30 is beyond any ceiling; larger exponents would only overflow.
  const ceiling = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 30));
  return Math.floor(random() * ceiling);
}

/** `Retry-After` is whole seconds or an HTTP date. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/**
 * One call over plain HTTP: what is safe to repeat is repeated after trouble that may pass, what is not, never is. Every
 * call resolves with the server's answer or throws `ProblemError` or `NetworkError`.
 */
import { backoffMs } from "./backoff.ts";
import { NetworkError, problemOf, ProblemError } from "./problem.ts";

export interface ApiOptions {
  /** Where `/v1` lives; empty for the page's own origin. */
  baseUrl?: string;
  token?: () => string | undefined;
  fetch?: typeof fetch;
  /** How often a safe request is tried in all. */
  tries?: number;
  /** No answer for so long counts as none. */
  timeoutMs?: number;
  random?: () => number;
}

export type Query = Record<string, string | number | boolean | undefined>;

export interface Call {
  body?: unknown;
  query?: Query;
  headers?: Record<string, string>;
  repeatable?: boolean;
  tries?: number;
  token?: string;
}

export class Caller {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  async call<T>(method: string, target: string, call: Call = {}): Promise<T> {
    const repeatable = call.repeatable ?? ["GET", "PUT", "DELETE"].includes(method);
    const tries = repeatable ? (call.tries ?? this.#options.tries ?? 4) : 1;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once<T>(method, target, call);
      } catch (error) {
        if (attempt + 1 >= tries || !mayPass(error)) throw error;
        const asked = error instanceof ProblemError ? (error.retryAfterMs ?? 0) : 0;
        const random = this.#options.random ?? Math.random;
        await sleep(asked + backoffMs(attempt, { baseMs: 500, maxMs: 8_000 }, random));
      }
    }
  }

  async #once<T>(method: string, target: string, call: Call): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json", ...call.headers };
    const token = call.token ?? this.#options.token?.();
    if (token) headers["Authorization"] = `Bearer ${token}`;
    const signal = AbortSignal.timeout(this.#options.timeoutMs ?? 20_000);
    const init: RequestInit = { method, headers, credentials: "same-origin", signal };
    if (call.body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(call.body);
    }
    let response: Response;
    let text: string;
    try {
      response = await (this.#options.fetch ?? fetch)(this.url(target, call.query ?? {}), init);
      if (!response.ok) throw await problemOf(response);
      text = await response.text();
    } catch (error) {
      throw error instanceof ProblemError ? error : new NetworkError(error);
    }
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  url(target: string, query: Query): string {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) params.set(name, String(value));
    }
    const search = params.size > 0 ? `?${params}` : "";
    return `${this.#options.baseUrl ?? ""}${target}${search}`;
  }
}

/** Trouble that is likely to be gone in a moment; a 429 is for the person to see, not for a loop. */
function mayPass(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  return error instanceof ProblemError && [502, 503, 504].includes(error.status);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

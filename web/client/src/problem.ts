/**
 * How an action fails: a `ProblemError` is the server's reasoned no (problem+json), a `NetworkError` means
 * nobody knows whether it arrived. The difference decides whether trying again is safe or pointless.
 */
import { retryAfterMs } from "./backoff.ts";
import type { Problem } from "./wire.ts";

export class ProblemError extends Error {
  readonly problem: Problem;
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
    this.retryAfterMs = retryAfter;
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }
}

export class NetworkError extends Error {
  constructor(cause: unknown) {
    super("The server could not be reached.", { cause });
    this.name = "NetworkError";
  }
}

/** Also makes a problem of answers that are none, such as a proxy's error page. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const retryAfter = retryAfterMs(response.headers.get("retry-after"), Date.now());
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body === "object" && body !== null && "code" in body && "status" in body) {
    return new ProblemError(body as Problem, retryAfter);
  }
  const title = response.statusText || `The server answered ${response.status}.`;
  const { status } = response;
  const problem = { type: "about:blank", title, status, detail: title, code: "unreadable" };
  return new ProblemError(problem, retryAfter);
}

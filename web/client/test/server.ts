/** A little HTTP server whose answers a test scripts, one per request. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export class TestServer {
  readonly requests: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** The last handler answers every request beyond the list. */
  static async start(...handlers: Handler[]): Promise<TestServer> {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        const handler = handlers[Math.min(test.requests.length, handlers.length - 1)];
        test.requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
        handler?.(request, response, body);
      });
    });
    const test = new TestServer(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return test;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function sse(...frames: string[]): Handler {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(frames.join(""));
  };
}

/** As `sse`, but the connection breaks after the frames. */
export function sseThenLost(...frames: string[]): Handler {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(frames.join(""), () => setTimeout(() => response.destroy(), 20));
  };
}

export function refuse(status: number, code: string, headers: Record<string, string> = {}): Handler {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/problem+json", ...headers });
    response.end(JSON.stringify({ type: `/problems/${code}`, title: code, status, code }));
  };
}

export function json(status: number, body: unknown): Handler {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
}

export function lost(request: IncomingMessage): void {
  request.socket.destroy();
}

export function ready(heartbeatMs = 15_000): string {
  const data = { event_id: "evt_1", role: "viewer", head: "1-9", heartbeat_ms: heartbeatMs, retry_ms: 10 };
  return `retry: 10\nevent: stream.ready\ndata: ${JSON.stringify(data)}\n\n`;
}

export function control(type: string, data: unknown): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function entry(seq: number, type = "score.changed"): string {
  const data = { seq, type, at: "2026-06-01T18:00:00.000Z", data: { score: [] } };
  return `id: 1-${seq}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function snapshotAt(seq: number): string {
  return `id: 1-${seq}\nevent: stream.snapshot\ndata: ${JSON.stringify({ cursor: `1-${seq}` })}\n\n`;
}

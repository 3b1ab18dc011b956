import { afterEach, describe, expect, it, vi } from "vitest";
import type { Frame } from "../src/frame.ts";
import { EventStream, type Connection, type StreamOptions } from "../src/stream.ts";
import { control, entry, ready, refuse, snapshotAt, sse, sseThenLost, TestServer, type Handler } from "./server.ts";

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Watch {
  stream: EventStream;
  server: TestServer;
  frames: Frame[];
  cursors: () => (string | undefined)[];
  states: Connection[];
  wake: () => void;
  online: (is: boolean) => void;
}

async function watch(handlers: Handler[], options: Partial<StreamOptions> = {}): Promise<Watch> {
  const server = await TestServer.start(...handlers);
  const frames: Frame[] = [];
  const states: Connection[] = [];
  let wake = (): void => {};
  let online = true;
  const stream = new EventStream({
    url: `${server.url}/v1/events/final/stream`,
    onFrames: (some) => frames.push(...some),
    onConnection: (state) => states.push(state),
    backoff: { baseMs: 5, maxMs: 20 },
    wakeups: {
      online: () => online,
      listen(next) {
        wake = next;
        return () => {};
      },
    },
    ...options,
  });
  stops.push(
    () => server.stop(),
    () => stream.stop(),
  );
  stream.start();
  return {
    stream,
    server,
    frames,
    states,
    cursors: () => frames.filter((frame) => frame.type === "score.changed").map((frame) => frame.cursor),
    wake: () => wake(),
    online: (is) => {
      online = is;
    },
  };
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3_000, interval: 5 });

describe("EventStream", () => {
  it("goes live with the first frame and hands frames over in order", async () => {
    const { states, frames } = await watch([sse(ready(), snapshotAt(4), entry(5), entry(6))]);
    await until(() => expect(frames.length).toBe(4));
    expect(frames.map((frame) => frame.type)).toEqual(["stream.ready", "stream.snapshot", "score.changed", "score.changed"]);
    expect(states.map((state) => state.status)).toEqual(["connecting", "live"]);
  });

  it("resumes after the last entry, and drops what comes twice", async () => {
    const { server, cursors } = await watch([
      sseThenLost(ready(), snapshotAt(4), entry(5), entry(6)),
      sse(ready(), entry(5), entry(6), entry(7), control("stream.resumed", { from: "1-6", to: "1-7", entries: 1 })),
    ]);
    await until(() => expect(cursors()).toEqual(["1-5", "1-6", "1-7"]));
    expect(server.requests.map((request) => request.headers["last-event-id"])).toEqual([undefined, "1-6"]);
  });

  it("starts after a given cursor", async () => {
    const { server, frames } = await watch([sse(ready(), entry(9))], { after: "1-8" });
    await until(() => expect(frames.length).toBe(2));
    expect(server.requests[0]?.headers["last-event-id"]).toBe("1-8");
  });

  it("takes a snapshot after a reset, even one that lies further back", async () => {
    const { stream, cursors } = await watch([
      sse(ready(), snapshotAt(9), control("stream.reset", { reason: "epoch" }), snapshotAt(2), entry(3)),
    ]);
    await until(() => expect(cursors()).toEqual(["1-3"]));
    expect(stream.cursor).toBe("1-3");
  });

  const refusals: [number, string, string][] = [
    [401, "unauthenticated", "unauthenticated"],
    [403, "forbidden", "forbidden"],
    [404, "event-not-found", "not-found"],
    [400, "invalid-request", "refused"],
  ];
  for (const [status, code, reason] of refusals) {
    it(`stops at ${status} with its problem`, async () => {
      const { stream, server } = await watch([refuse(status, code)]);
      await until(() => expect(stream.connection.status).toBe("closed"));
      expect(stream.connection).toMatchObject({ reason, problem: { code } });
      expect(server.requests.length).toBe(1);
    });
  }

  it("waits as long as a 503 asks, whatever wakes it", async () => {
    const { states, server, wake } = await watch([refuse(503, "overloaded", { "retry-after": "1" }), sse(ready())]);
    await until(() => expect(states.at(-1)?.status).toBe("reconnecting"));
    const asked = Date.now();
    wake();
    expect(states.at(-1)).toMatchObject({ reason: "status-503" });
    await until(() => expect(server.requests.length).toBe(2));
    expect(Date.now() - asked).toBeGreaterThan(800);
  });

  it("comes back by itself from a 500 and from a proxy's page", async () => {
    const page: Handler = (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("hi");
    const { frames } = await watch([refuse(500, "internal"), page, sse(ready())]);
    await until(() => expect(frames.length).toBe(1));
  });

  it("a bye with reconnect comes back with the cursor", async () => {
    const bye = control("stream.bye", { reason: "shutdown", reconnect: true, retry_ms: 30 });
    const { states, server, cursors } = await watch([sse(ready(), snapshotAt(1), entry(2), bye), sse(ready(), entry(3))]);
    await until(() => expect(cursors()).toEqual(["1-2", "1-3"]));
    expect(states.find((state) => state.status === "reconnecting")).toMatchObject({ reason: "shutdown" });
    expect(server.requests[1]?.headers["last-event-id"]).toBe("1-2");
  });

  it("a bye without reconnect is the end", async () => {
    const bye = control("stream.bye", { reason: "banned", reconnect: false, retry_ms: 0 });
    const { stream, server } = await watch([sse(ready(), bye)]);
    await until(() => expect(stream.connection).toMatchObject({ status: "closed", reason: "banned" }));
    expect(server.requests.length).toBe(1);
  });

  it("gives up a silent connection after two and a half heartbeats", async () => {
    const { states, server } = await watch([sse(ready(60)), sse(ready())]);
    await until(() => expect(server.requests.length).toBe(2));
    expect(states.find((state) => state.status === "reconnecting")).toMatchObject({ reason: "silent" });
  });

  it("a heartbeat keeps it", async () => {
    const beating: Handler = (request, response) => {
      sse(ready(60))(request, response, "");
      const timer = setInterval(() => response.write(control("stream.heartbeat", { head: "1-1", time: "" })), 30);
      response.on("close", () => clearInterval(timer));
    };
    const { frames, server } = await watch([beating]);
    await until(() => expect(frames.length).toBeGreaterThan(12));
    expect(server.requests.length).toBe(1);
  });

  it("is offline without a network, and back at once with it", async () => {
    const server = await TestServer.start(sse(ready()));
    stops.push(() => server.stop());
    let online = false;
    let wake = (): void => {};
    const stream = new EventStream({
      url: server.url,
      onFrames: () => {},
      wakeups: { online: () => online, listen: (next) => ((wake = next), () => {}) },
    });
    stops.push(() => stream.stop());
    stream.start();
    expect(stream.connection.status).toBe("offline");
    online = true;
    wake();
    await until(() => expect(stream.connection.status).toBe("live"));
  });

  it("a wake-up ends our own wait", async () => {
    const { states, server, wake } = await watch([sseThenLost(entry(1)), sse(ready())], {
      backoff: { baseMs: 60_000, maxMs: 60_000 },
      random: () => 0.9,
    });
    await until(() => expect(states.some((state) => state.status === "reconnecting")).toBe(true));
    wake();
    await until(() => expect(server.requests.length).toBe(2));
  });

  it("stop is final", async () => {
    const { stream, server } = await watch([sseThenLost(ready())], { backoff: { baseMs: 60_000, maxMs: 60_000 } });
    await until(() => expect(stream.connection.status).not.toBe("connecting"));
    stream.stop();
    expect(stream.connection).toEqual({ status: "closed", reason: "stopped" });
    expect(server.requests.length).toBe(1);
  });

  it("asks for headers anew before each attempt", async () => {
    let turn = 0;
    const { server } = await watch([sseThenLost(ready()), sse(ready())], {
      prepare: async () => ({ headers: { Authorization: `Bearer ${++turn}` } }),
    });
    await until(() => expect(server.requests.length).toBe(2));
    expect(server.requests.map((request) => request.headers.authorization)).toEqual(["Bearer 1", "Bearer 2"]);
  });
});

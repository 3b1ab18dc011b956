import { afterEach, describe, expect, it } from "vitest";
import { GrandstandApi } from "../src/api.ts";
import { NetworkError, ProblemError } from "../src/problem.ts";
import { json, lost, refuse, TestServer, type Handler } from "./server.ts";
import { message } from "./sample.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function api(...handlers: Handler[]): Promise<{ api: GrandstandApi; server: TestServer }> {
  const server = await TestServer.start(...handlers);
  stops.push(() => server.stop());
  return { server, api: new GrandstandApi({ baseUrl: server.url, token: () => "tok", random: () => 0 }) };
}

describe("GrandstandApi", () => {
  it("names things safely in the path and says who asks", async () => {
    const { api: it, server } = await api(json(200, { message_id: "m", emoji: "❤", count: 1, mine: true }));
    await it.react("a/b", "msg_1", "❤", true);
    expect(server.requests[0]).toMatchObject({
      method: "PUT",
      url: "/v1/events/a%2Fb/messages/msg_1/reactions/%E2%9D%A4",
      headers: { authorization: "Bearer tok" },
    });
  });

  it("read behind the present, everything of an event asks for the same delay, and writing for none", async () => {
    const { api: now, server } = await api(...Array.from({ length: 8 }, () => json(200, { items: [] })));
    const late = now.behind(30);
    await late.snapshot("e");
    await late.history("e", { limit: 5 });
    await late.replies("e", "msg_1");
    await late.status("e");
    await late.contest("e");
    await late.participants("e");
    await late.post("e", { text: "x", client_id: "c" });
    await now.snapshot("e");
    const asked = server.requests.map((request) => new URL(request.url ?? "", "http://x").searchParams.get("delay"));
    expect(asked).toEqual(["30s", "30s", "30s", "30s", "30s", "30s", null, null]);
    expect(late.streamUrl("e", { types: "score.changed" })).toContain("delay=30s");
  });

  it("a problem becomes a ProblemError with its code and wait", async () => {
    const { api: it } = await api(refuse(429, "rate-limited", { "retry-after": "3" }));
    const error = await it.post("e", { text: "x", client_id: "c" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ code: "rate-limited", status: 429, retryAfterMs: 3_000 });
  });

  it("an answer that is no problem still becomes one", async () => {
    const { api: it } = await api((_request, response) => response.writeHead(418).end("<html>"));
    await expect(it.me()).rejects.toMatchObject({ code: "unreadable", status: 418 });
  });

  it("a message is sent again with the same client_id when nobody knows whether it arrived", async () => {
    const { api: it, server } = await api(lost, refuse(503, "overloaded"), json(201, message(1)));
    expect((await it.post("e", { text: "x", client_id: "c" })).id).toBe("msg_00001");
    expect(server.requests.map((request) => JSON.parse(request.body).client_id)).toEqual(["c", "c", "c"]);
  });

  it("applause is never sent twice", async () => {
    const { api: it, server } = await api(lost, json(200, {}));
    await expect(it.applaud("e", "like", 3)).rejects.toBeInstanceOf(NetworkError);
    expect(server.requests.length).toBe(1);
  });

  it("gives up after its tries", async () => {
    const { api: it, server } = await api(refuse(503, "overloaded"));
    await expect(it.me()).rejects.toMatchObject({ code: "overloaded" });
    expect(server.requests.length).toBe(4);
  });

  it("takes an answer without a body", async () => {
    const { api: it } = await api(json(204, undefined));
    await expect(it.closeSession()).resolves.toBeUndefined();
  });
});

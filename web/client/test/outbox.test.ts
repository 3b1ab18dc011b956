import { afterEach, describe, expect, it, vi } from "vitest";
import type { GrandstandApi } from "../src/api.ts";
import { MOST_UNSENT, Outbox, type OutboxOptions } from "../src/outbox.ts";
import { browserStore, forgetUnsent, type Outgoing } from "../src/outbox-store.ts";
import { NetworkError, ProblemError } from "../src/problem.ts";
import { exclusive } from "../src/tabs.ts";
import { TestBrowser, TestStorage } from "./browser.ts";
import type { MessageStatus } from "../src/wire.ts";
import { message } from "./sample.ts";

type Post = GrandstandApi["post"];
const settle = (check: () => void): Promise<void> => vi.waitFor(check, { interval: 1 });
const opened: Outbox[] = [];
afterEach(() => {
  for (const box of opened.splice(0)) box.close();
});

function outbox(post: Post, options: OutboxOptions = {}, ask: GrandstandApi["message"] = async () => message(1)) {
  const box = new Outbox({ post, message: ask }, "e", () => {}, { random: () => 0, ...options });
  opened.push(box);
  return { box, states: () => box.items.map((item: Outgoing) => `${item.text}:${item.state}`) };
}

function refusal(status: number, code: string, retryAfterMs?: number): ProblemError {
  return new ProblemError({ type: "", title: "no", detail: "no", status, code }, retryAfterMs);
}

const offline: Post = async () => {
  throw new NetworkError(undefined);
};

describe("Outbox", () => {
  it("sends one after the other, in the order written", async () => {
    const order: string[] = [];
    const { box, states } = outbox(async (_event, body) => {
      order.push(`start ${body.text}`);
      await Promise.resolve();
      order.push(`end ${body.text}`);
      return message(order.length, { client_id: body.client_id });
    });
    box.add("a");
    box.add("b");
    expect(states()).toEqual(["a:sending", "b:queued"]);
    await settle(() => expect(states()).toEqual(["a:accepted", "b:accepted"]));
    expect(order).toEqual(["start a", "end a", "start b", "end b"]);
  });

  it("lets go when the stream shows it, by client_id or by id", async () => {
    const { box, states } = outbox(async (_event, body) => message(body.text === "a" ? 1 : 2));
    const a = box.add("a");
    box.add("b");
    await settle(() => expect(states()).toEqual(["a:accepted", "b:accepted"]));
    box.seen([message(7, { client_id: a?.clientId ?? "" }), message(2)]);
    expect(box.items).toEqual([]);
  });

  it("says who is meant, also after a reload", async () => {
    const storage = new TestStorage();
    const first = outbox(offline, { store: browserStore("ana", "e", storage) });
    first.box.add("@Ben hello", undefined, ["ben"]);
    await settle(() => expect(first.states()).toEqual(["@Ben hello:queued"]));
    first.box.close();
    const bodies: unknown[] = [];
    const again = outbox(async (_event, body) => (bodies.push(body), message(1)), { store: browserStore("ana", "e", storage) });
    again.box.flush();
    await settle(() => expect(bodies).toMatchObject([{ text: "@Ben hello", mentions: ["ben"] }]));
  });

  it("keeps what was accepted for as long as the stream may take to show it", async () => {
    const now = vi.spyOn(Date, "now");
    try {
      const begin = 1_800_000_000_000;
      now.mockReturnValue(begin);
      const late = outbox(async () => message(1), { arrivesWithinMs: 180_000 });
      const prompt = outbox(async () => message(1));
      for (const { box, states } of [late, prompt]) {
        box.add("a");
        await settle(() => expect(states()).toEqual(["a:accepted"]));
      }
      now.mockReturnValue(begin + 120_000);
      for (const { box } of [late, prompt]) box.drop("nothing");
      expect(late.states()).toEqual(["a:accepted"]);
      expect(prompt.states()).toEqual([]);
    } finally {
      now.mockRestore();
    }
  });

  it("waits for the network, keeps the order, and goes on when told", async () => {
    let down = true;
    const sent: string[] = [];
    const { box, states } = outbox(async (_event, body) => {
      if (down) throw new NetworkError(undefined);
      sent.push(body.text);
      return message(sent.length);
    });
    box.add("a");
    box.add("b");
    await settle(() => expect(states()).toEqual(["a:queued", "b:queued"]));
    expect(box.items[0]?.tryAt).toBeGreaterThan(Date.now());
    down = false;
    box.flush();
    await settle(() => expect(sent).toEqual(["a", "b"]));
  });

  it("a refusal stays to be seen, and does not stop the next", async () => {
    const { box, states } = outbox(async (_event, body) => {
      if (body.text === "bad") throw refusal(422, "invalid-content");
      return message(1, { status: "held" });
    });
    const bad = box.add("bad");
    box.add("good");
    await settle(() => expect(states()).toEqual(["bad:failed", "good:held"]));
    expect(box.items[0]?.problem?.code).toBe("invalid-content");
    box.drop(bad?.clientId ?? "");
    expect(states()).toEqual(["good:held"]);
  });

  it("waits out a limit that passes soon, with what follows behind it", async () => {
    const answers = [refusal(429, "slow-mode", 30)];
    const sent: string[] = [];
    const { box, states } = outbox(async (_event, body) => {
      const no = answers.shift();
      if (no) throw no;
      sent.push(body.text);
      return message(sent.length);
    });
    box.add("a");
    box.add("b");
    await settle(() => expect(box.items[0]?.problem?.code).toBe("slow-mode"));
    expect(states()).toEqual(["a:queued", "b:queued"]);
    await settle(() => expect(sent).toEqual(["a", "b"]));
  });

  it("takes only so many", () => {
    const { box } = outbox(offline);
    for (let i = 0; i < MOST_UNSENT; i++) expect(box.add(`${i}`)).toBeDefined();
    expect(box.add("one too many")).toBeUndefined();
    expect(box.items.length).toBe(MOST_UNSENT);
  });
});

describe("what waits survives a reload", () => {
  it("and is sent in order, with the ids it was written under", async () => {
    const storage = new TestStorage();
    const before = outbox(offline, { store: browserStore("ana", "e", storage) });
    const written = ["a", "b", "c"].map((text) => before.box.add(text)?.clientId);
    await settle(() => expect(before.box.items[0]?.tryAt).toBeDefined());
    before.box.close();

    const sent: [string, string][] = [];
    const after = outbox(async (_event, body) => {
      sent.push([body.text, body.client_id]);
      return message(sent.length);
    }, { store: browserStore("ana", "e", storage) });
    after.box.flush();
    await settle(() => expect(after.states()).toEqual(["a:accepted", "b:accepted", "c:accepted"]));
    expect(sent).toEqual(["a", "b", "c"].map((text, at) => [text, written[at]]));
  });

  it("what was being sent when the tab died is sent again under the same id, unless the stream shows it", async () => {
    const storage = new TestStorage();
    const never = outbox(() => new Promise(() => {}), { store: browserStore("ana", "e", storage) });
    const lost = never.box.add("was it heard?");
    never.box.close();
    const ids: string[] = [];
    const post: Post = async (_event, body) => {
      ids.push(body.client_id);
      return message(1);
    };
    const after = outbox(post, { store: browserStore("ana", "e", storage) });
    expect(after.states()).toEqual(["was it heard?:sending"]);
    after.box.seen([message(4, { client_id: lost?.clientId ?? "" })]);
    after.box.flush();
    expect(after.states()).toEqual([]);
    expect(ids).toEqual([]);
  });

  it("nobody finds what another person or another event left", () => {
    const storage = new TestStorage();
    outbox(offline, { store: browserStore("ana", "e", storage) }).box.add("mine");
    expect(browserStore("ben", "e", storage).list()).toEqual([]);
    expect(browserStore("ana", "f", storage).list()).toEqual([]);
    expect(browserStore("ana", "e", storage).list().length).toBe(1);
    forgetUnsent("ana", storage);
    expect(browserStore("ana", "e", storage).list()).toEqual([]);
  });

  it("what has waited for too long is the author's to decide", async () => {
    const storage = new TestStorage();
    const store = browserStore("ana", "e", storage);
    const old = new Date(Date.now() - 2 * 3_600_000).toISOString();
    store.put({ clientId: "c1", text: "goal!", writtenAt: old, state: "queued" });
    const sent: string[] = [];
    const { box, states } = outbox(async (_event, body) => (sent.push(body.text), message(1)), { store });
    box.flush();
    await settle(() => expect(states()).toEqual(["goal!:failed"]));
    expect(sent).toEqual([]);
    box.retry("c1");
    await settle(() => expect(sent).toEqual(["goal!"]));
  });

  it("rubbish in the storage is swept, and a full one is done without", () => {
    const storage = new TestStorage();
    storage.setItem("grandstand.outbox/ana/e/c9", "{");
    storage.setItem("grandstand.outbox/ana/e/c8", JSON.stringify({ clientId: "c7", text: 1 }));
    const store = browserStore("ana", "e", storage);
    expect(store.list()).toEqual([]);
    expect(storage.length).toBe(0);
    storage.full = true;
    outbox(offline, { store }).box.add("kept in memory");
    expect(store.list().length).toBe(1);
    expect(storage.length).toBe(0);
  });

  it("what was held is asked about", async () => {
    const store = browserStore("ana", "e", new TestStorage());
    const held = { text: "x", writtenAt: new Date().toISOString(), state: "held" } as const;
    store.put({ ...held, clientId: "c1", messageId: "msg_1" });
    store.put({ ...held, clientId: "c2", messageId: "msg_2" });
    store.put({ ...held, clientId: "c3", messageId: "msg_3" });
    const status: Record<string, MessageStatus> = { msg_1: "active", msg_2: "hidden", msg_3: "held" };
    const { box } = outbox(offline, { store }, async (_event, id) => message(1, { id, status: status[id] ?? "active" }));
    box.flush();
    await settle(() => expect(box.items.map((item) => [item.clientId, item.state])).toEqual([["c2", "failed"], ["c3", "held"]]));
    expect(box.items[0]?.problem?.code).toBe("not-released");
  });
});

describe("two tabs with one storage", () => {
  it("send each message once, in the order written", async () => {
    const storage = new TestStorage();
    const { locks } = new TestBrowser();
    const sent: string[] = [];
    let busy = 0;
    const post: Post = async (_event, body) => {
      expect(++busy).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      busy -= 1;
      sent.push(body.text);
      return message(sent.length, { client_id: body.client_id });
    };
    const tab = (): Outbox =>
      outbox(post, { store: browserStore("ana", "e", storage), exclusive: exclusive("outbox", locks) }).box;
    const [one, two] = [tab(), tab()];
    for (let i = 0; i < 10; i++) {
      (i % 2 ? one : two).add(`${i}`);
      one.flush();
      two.flush();
    }
    await settle(() => expect(sent.length).toBe(10));
    expect(sent).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
  });

  it("one that hangs while sending is not waited for for ever", async () => {
    const storage = new TestStorage();
    const { locks } = new TestBrowser();
    const sent: string[] = [];
    const tab = (post: Post): Outbox =>
      outbox(post, { store: browserStore("ana", "e", storage), exclusive: exclusive("outbox", locks, 20) }).box;
    const hanging = tab(() => new Promise(() => {}));
    const id = hanging.add("x")?.clientId;
    await settle(() => expect(hanging.items[0]?.state).toBe("sending"));
    const other = tab(async (_event, body) => (sent.push(body.client_id), message(1)));
    other.flush();
    await settle(() => expect(sent).toEqual([id]));
  });
});

/** Streams without a log, shared by tabs: one connection, and everybody has the whole. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Frame } from "../src/frame.ts";
import { emptyNotices, foldNotices, noticesFrame, type NoticesState } from "../src/notices.ts";
import { SharedStream } from "../src/shared.ts";
import { StateMemory } from "../src/state-memory.ts";
import type { Attempt, Transport } from "../src/transport.ts";
import { TestBrowser, type TestTab } from "./browser.ts";
import { T0 } from "./sample.ts";

/** Tells one person of what concerns them, as `/v1/me/stream` does. */
class TestMailbox {
  readonly streams = new Set<Attempt>();
  readonly afters: (string | undefined)[] = [];
  user = "ana";
  opened = 0;
  #count = 0;

  readonly transport: Transport = (attempt) => {
    this.opened += 1;
    this.afters.push(attempt.after);
    this.streams.add(attempt);
    return new Promise((resolve) => {
      attempt.signal.addEventListener("abort", () => {
        this.streams.delete(attempt);
        resolve({ kind: "lost", reason: "network" });
      });
      attempt.onBytes();
      const ready = { user: { id: this.user, name: "Ana", badges: [], guest: false }, heartbeat_ms: 15_000, retry_ms: 1_000 };
      const latest = Array.from({ length: this.#count }, (_, n) => this.#notice(n + 1)).reverse();
      attempt.onFrames([told("stream.ready", ready), told("me.snapshot", { unread: this.#count, latest })]);
    });
  };

  #notice(n: number): object {
    return { id: `ntf_${n}`, kind: "mention", text: "", created_at: T0 };
  }

  post(): void {
    this.#count += 1;
    const frame = { ...told("notification.created", { notification: this.#notice(this.#count), unread: this.#count }), cursor: `ntf_${this.#count}` };
    for (const stream of this.streams) stream.onFrames([frame as Frame]);
  }
}

function told(type: string, data: unknown): Frame {
  return { type, data } as unknown as Frame;
}

interface Tab {
  tab: TestTab;
  stream: SharedStream;
  state: NoticesState;
}

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function open(browser: TestBrowser, box: TestMailbox, user: string | null = "ana"): Tab {
  const tab = browser.tab();
  const one: Tab = {
    tab,
    state: emptyNotices,
    stream: new SharedStream({
      url: "/v1/me/stream",
      share: "me/ana",
      user,
      resume: false,
      memory: new StateMemory(emptyNotices, foldNotices, noticesFrame),
      tabs: tab,
      transport: box.transport,
      onFrames: (frames) => {
        one.state = frames.reduce(foldNotices, one.state);
      },
      backoff: { baseMs: 5, maxMs: 20 },
      wakeups: { online: () => true, listen: () => () => {} },
    }),
  };
  stops.push(() => one.stream.stop());
  one.stream.start();
  return one;
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 4_000, interval: 5 });

describe("a stream without a log, shared by tabs", () => {
  it("ten tabs hold one, and who comes late is told the whole", async () => {
    const [browser, box] = [new TestBrowser(), new TestMailbox()];
    box.post();
    const tabs: Tab[] = [];
    for (let i = 0; i < 10; i++) {
      tabs.push(open(browser, box));
      await until(() => expect(tabs.at(-1)?.state.ready).toBe(true));
      box.post();
    }
    for (const one of tabs) await until(() => expect(one.state.unread).toBe(11));
    for (const one of tabs) expect(one.state.latest.length).toBe(11);
    expect(box.opened).toBe(1);
    expect(box.streams.size).toBe(1);
  });

  it("who takes over begins with the whole and never asks for a place", async () => {
    const [browser, box] = [new TestBrowser(), new TestMailbox()];
    const tabs = [open(browser, box), open(browser, box), open(browser, box)];
    for (const one of tabs) await until(() => expect(one.state.ready).toBe(true));
    box.post();
    const gone = tabs.find((one) => one.stream.leading);
    gone?.stream.stop();
    box.post();
    const others = tabs.filter((one) => one !== gone);
    await until(() => expect(others.some((one) => one.stream.leading)).toBe(true));
    box.post();
    for (const one of others) await until(() => expect(one.state.latest.map((n) => n.id)).toEqual(["ntf_3", "ntf_2", "ntf_1"]));
    expect(box.streams.size).toBe(1);
    expect(box.afters).toEqual([undefined, undefined]);
  });

  it("somebody else's is kept to oneself; one that is everybody's is shared whoever asks", async () => {
    const [browser, box] = [new TestBrowser(), new TestMailbox()];
    box.user = "mallory";
    open(browser, box);
    open(browser, box);
    await until(() => expect(box.streams.size).toBe(2));
    const [browser2, lobby] = [new TestBrowser(), new TestMailbox()];
    lobby.user = "mallory";
    const tabs = [open(browser2, lobby, null), open(browser2, lobby, null)];
    for (const one of tabs) await until(() => expect(one.state.ready).toBe(true));
    expect(lobby.streams.size).toBe(1);
  });
});

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Frame } from "../src/frame.ts";
import { SharedStream, type SharedOptions } from "../src/shared.ts";
import type { Attempt, Transport } from "../src/transport.ts";
import { TestBrowser, type TestTab } from "./browser.ts";
import { frame, liveEvent, message, snapshot } from "./sample.ts";

/** A server in this process: a log, and the streams that are open. */
class TestHouse {
  readonly log: Frame[] = [];
  readonly streams = new Set<Attempt>();
  opened = 0;
  readonly afters: (string | undefined)[] = [];
  user: string | undefined = "ana";

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
      const after = attempt.after === undefined ? undefined : Number(attempt.after.split("-")[1]);
      const first = after === undefined ? [this.snapshot()] : this.log.slice(after);
      attempt.onFrames([this.ready(), ...first]);
    });
  };

  ready(): Frame {
    const user = this.user === undefined ? {} : { user: { id: this.user, name: "Ana", badges: [], guest: false } };
    const head = `1-${this.log.length}`;
    return frame("stream.ready", { event_id: "evt_1", role: "viewer", head, heartbeat_ms: 15_000, retry_ms: 1_000, ...user });
  }

  snapshot(): Frame {
    const data = snapshot({ cursor: `1-${this.log.length}`, event: liveEvent() });
    return { ...frame("stream.snapshot", data), cursor: data.cursor } as Frame;
  }

  say(): void {
    const seq = this.log.length + 1;
    const entry = frame("message.created", { message: message(seq) }, seq);
    this.log.push(entry);
    for (const stream of this.streams) stream.onFrames([entry]);
  }

  signal(viewers: number): void {
    for (const stream of this.streams) {
      stream.onFrames([frame("presence.changed", { viewers, users: 1, joined: [], left: [] } as never)]);
    }
  }
}

const stops: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const stop of stops.splice(0)) stop();
});

interface Person {
  stream: SharedStream;
  tab: TestTab;
  frames: Frame[];
  notes: unknown[];
  seqs: () => (number | undefined)[];
  /** Everything this tab knows of the log, whether by entry or by snapshot. */
  from: () => string | undefined;
}

function person(browser: TestBrowser, house: TestHouse, options: Partial<SharedOptions> = {}): Person {
  const tab = browser.tab();
  const frames: Frame[] = [];
  const notes: unknown[] = [];
  const stream = new SharedStream({
    url: "/stream",
    share: "e/ana",
    user: "ana",
    tabs: tab,
    transport: house.transport,
    snapshot: async () => snapshot({ cursor: `1-${house.log.length}` }),
    onFrames: (some) => frames.push(...some),
    onNote: (note) => notes.push(note),
    backoff: { baseMs: 5, maxMs: 20 },
    wakeups: { online: () => true, listen: () => () => {} },
    ...options,
  });
  stops.push(() => stream.stop());
  stream.start();
  return {
    stream,
    tab,
    frames,
    notes,
    seqs: () => frames.filter((one) => one.type === "message.created").map((one) => one.seq),
    from: () => frames.find((one) => one.type === "stream.snapshot")?.cursor,
  };
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 4_000, interval: 5 });

async function crowd(browser: TestBrowser, house: TestHouse, size: number): Promise<Person[]> {
  const people: Person[] = [];
  for (let i = 0; i < size; i++) {
    const one = person(browser, house);
    people.push(one);
    await until(() => expect(one.from()).toBeDefined());
  }
  return people;
}

function leader(people: readonly Person[]): Person {
  const found = people.find((one) => one.stream.leading);
  if (!found) throw new Error("nobody leads");
  return found;
}

describe("SharedStream", () => {
  it("ten tabs hold one stream, and hear the same", async () => {
    const house = new TestHouse();
    house.say();
    const people = await crowd(new TestBrowser(), house, 10);
    expect(house.streams.size).toBe(1);
    expect(house.opened).toBe(1);
    house.say();
    house.say();
    house.signal(10);
    for (const one of people) {
      await until(() => expect(one.frames.at(-1)?.type).toBe("presence.changed"));
      expect(one.from()).toBe("1-1");
      expect(one.seqs()).toEqual([2, 3]);
      expect(one.stream.cursor).toBe("1-3");
      expect(one.stream.connection.status).toBe("live");
      expect(one.frames[0]?.type).toBe("stream.ready");
    }
  });

  it("when the leader closes another goes on, and nobody misses or hears twice", async () => {
    const house = new TestHouse();
    let people = await crowd(new TestBrowser(), house, 4);
    house.say();
    const gone = leader(people);
    gone.stream.stop();
    house.say();
    people = people.filter((one) => one !== gone);
    house.say();
    await until(() => expect(people.some((one) => one.stream.leading)).toBe(true));
    house.say();
    for (const one of people) await until(() => expect(one.seqs()).toEqual([1, 2, 3, 4]));
    expect(house.streams.size).toBe(1);
    expect(house.afters.at(-1)).toMatch(/^1-[01]$/);
    expect(gone.seqs()).toEqual([1]);
  });

  it("when the leader hangs another takes over within two seconds; woken, the first one follows", async () => {
    // The clock is ours, so that the two seconds are those of the code and not of the machine.
    vi.useFakeTimers();
    const house = new TestHouse();
    const people = await crowd(new TestBrowser(), house, 4);
    const hung = leader(people);
    const others = people.filter((one) => one !== hung);
    house.say();
    await until(() => expect(others.map((one) => one.seqs())).toEqual([[1], [1], [1]]));
    hung.tab.hangs = true;
    house.say();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(others.filter((one) => one.stream.leading).length).toBe(1);
    house.say();
    for (const one of others) await until(() => expect(one.seqs()).toEqual([1, 2, 3]));
    hung.tab.hangs = false;
    house.say();
    for (const one of people) await until(() => expect(one.seqs()).toEqual([1, 2, 3, 4]));
    expect(people.filter((one) => one.stream.leading).length).toBe(1);
    expect(house.streams.size).toBe(1);
  });

  it("a tab that the browser puts to sleep hands over first, and catches up when it wakes", async () => {
    const house = new TestHouse();
    const people = await crowd(new TestBrowser(), house, 3);
    const asleep = leader(people);
    asleep.tab.freeze();
    await until(() => expect(people.some((one) => one.stream.leading)).toBe(true));
    expect(asleep.stream.leading).toBe(false);
    house.say();
    house.say();
    asleep.tab.resume();
    for (const one of people) await until(() => expect(one.seqs()).toEqual([1, 2]));
    expect(house.streams.size).toBe(1);
  });

  it("who comes when the beginning is forgotten asks for a snapshot and goes on from there", async () => {
    const house = new TestHouse();
    const browser = new TestBrowser();
    const [first] = await crowd(browser, house, 1);
    for (let i = 0; i < 1_200; i++) house.say();
    let asked = 0;
    const late = person(browser, house, {
      snapshot: async () => {
        asked += 1;
        const at = house.log.length;
        // Said while the answer is on its way.
        house.say();
        return snapshot({ cursor: `1-${at}` });
      },
    });
    await until(() => expect(late.seqs()).toEqual([1_201]));
    expect(late.from()).toBe("1-1200");
    expect(asked).toBe(1);
    expect(first?.seqs().length).toBe(1_201);
    expect(house.opened).toBe(1);
  });

  it("other people and other credentials share nothing", async () => {
    const house = new TestHouse();
    const browser = new TestBrowser();
    person(browser, house);
    person(browser, house, { share: "e/ben" });
    await until(() => expect(house.streams.size).toBe(2));
  });

  it("a stream that turns out to be somebody else's is kept to oneself", async () => {
    const house = new TestHouse();
    house.user = "mallory";
    const browser = new TestBrowser();
    const one = person(browser, house);
    const two = person(browser, house);
    await until(() => expect(house.streams.size).toBe(2));
    house.say();
    for (const tab of [one, two]) await until(() => expect(tab.seqs()).toEqual([1]));
  });

  it("works alone where tabs can't find each other", async () => {
    const house = new TestHouse();
    const one = person(new TestBrowser(), house, { tabs: undefined });
    const two = person(new TestBrowser(), house, { tabs: undefined });
    await until(() => expect(house.streams.size).toBe(2));
    house.say();
    for (const tab of [one, two]) expect(tab.seqs()).toEqual([1]);
  });

  it("says to all other tabs what one tells", async () => {
    const house = new TestHouse();
    const [one, two, three] = await crowd(new TestBrowser(), house, 3);
    one?.stream.tell({ mine: "msg_1" });
    for (const tab of [two, three]) await until(() => expect(tab?.notes).toEqual([{ mine: "msg_1" }]));
    expect(one?.notes).toEqual([]);
  });

  it("a follower may ask for another try at once", async () => {
    const house = new TestHouse();
    const browser = new TestBrowser();
    let refuse = true;
    const transport: Transport = async (attempt) =>
      refuse ? { kind: "refused", status: 403 } : house.transport(attempt);
    const one = person(browser, house, { transport });
    await until(() => expect(one.stream.connection.status).toBe("closed"));
    refuse = false;
    const two = person(browser, house, { transport });
    await until(() => expect(two.from()).toBeDefined());
    expect(one.stream.connection.status).toBe("live");
    expect(house.streams.size).toBe(1);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Companion } from "../src/lib/companion.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function companion(rooms: () => number) {
  const done: string[] = [];
  const one = new Companion(
    {
      connect: () => done.push("connect"),
      disconnect: () => done.push("disconnect"),
      ask: async () => void done.push("ask"),
      mostRooms: 3,
    },
    async () => rooms(),
  );
  return { one, done };
}

describe("a stream beside those of rooms", () => {
  it("is held while there is room for it, and once", async () => {
    const { one, done } = companion(() => 3);
    one.open();
    one.open();
    await vi.advanceTimersByTimeAsync(60_000);
    one.close();
    expect(done).toEqual(["connect", "disconnect"]);
  });

  it("stands back when rooms need the connections, asks instead, and comes back", async () => {
    let rooms = 1;
    const { one, done } = companion(() => rooms);
    one.open();
    await vi.advanceTimersByTimeAsync(10_000);
    rooms = 4;
    await vi.advanceTimersByTimeAsync(20_000);
    rooms = 2;
    await vi.advanceTimersByTimeAsync(10_000);
    one.close();
    expect(done).toEqual(["connect", "disconnect", "ask", "ask", "connect", "disconnect"]);
  });

  it("closed while it looked does nothing", async () => {
    const { one, done } = companion(() => 0);
    one.open();
    one.close();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(done).toEqual([]);
  });
});

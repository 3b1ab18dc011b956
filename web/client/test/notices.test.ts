import { describe, expect, it } from "vitest";
import type { Frame } from "../src/frame.ts";
import {
  emptyNotices,
  foldNotices,
  KEEP_NOTICES,
  noticesFrame,
  withNewest,
  withNotices,
  type NoticesState,
} from "../src/notices.ts";
import type { Notice } from "../src/wire.ts";
import { T0 } from "./sample.ts";

function notice(n: number, change: Partial<Notice> = {}): Notice {
  return { id: `ntf_${String(n).padStart(6, "0")}`, kind: "mention", text: `text ${n}`, created_at: T0, ...change };
}

function told(type: string, data: unknown): Frame {
  return { type, data, at: T0 } as unknown as Frame;
}

function having(unread: number, ...latest: Notice[]): NoticesState {
  return foldNotices(emptyNotices, told("me.snapshot", { unread, latest }));
}

const ids = (state: NoticesState): string[] => state.latest.map((one) => one.id);
const unreadOf = (state: NoticesState): string[] => state.latest.filter((one) => !one.read_at).map((one) => one.id);

describe("my notifications", () => {
  it("come newest first, each once, with the number the server tells", () => {
    let state = having(1, notice(1));
    for (const n of [2, 2]) state = foldNotices(state, told("notification.created", { notification: notice(n), unread: 2 }));
    expect(ids(state)).toEqual(["ntf_000002", "ntf_000001"]);
    expect(state.unread).toBe(2);
  });

  it("are read up to one, as another device said", () => {
    const state = foldNotices(having(3, notice(3), notice(2), notice(1)), told("notifications.read", { unread: 1, up_to: notice(2).id }));
    expect(unreadOf(state)).toEqual([notice(3).id]);
    expect(state.latest[1]?.read_at).toBe(T0);
  });

  it("are all read when none is unread, whichever was marked", () => {
    const state = foldNotices(having(2, notice(2), notice(1)), told("notifications.read", { unread: 0 }));
    expect(unreadOf(state)).toEqual([]);
  });

  it("of which it is not told which are read keep their mark, and the number is right", () => {
    const state = foldNotices(having(2, notice(2), notice(1)), told("notifications.read", { unread: 1 }));
    expect(state.unread).toBe(1);
    expect(unreadOf(state).length).toBe(2);
  });

  it("asked for again, the newest page is the truth: what went with its message is gone, older ones stay", () => {
    const before = having(3, notice(4), notice(3), notice(2), notice(1));
    const state = withNewest(before, [notice(4, { read_at: T0 }), notice(2)], 1);
    expect(ids(state)).toEqual([4, 2, 1].map((n) => notice(n).id));
    expect(state.unread).toBe(1);
  });

  it("earlier pages go behind, and no more are kept than a server keeps", () => {
    const page = Array.from({ length: KEEP_NOTICES + 10 }, (_, n) => notice(n + 1));
    const state = withNotices(having(0, notice(900_000)), page);
    expect(state.latest[0]?.id).toBe(notice(900_000).id);
    expect(state.latest.length).toBe(KEEP_NOTICES);
  });

  it("told as one frame are the newest of them", () => {
    const state = withNotices(having(7), Array.from({ length: 30 }, (_, n) => notice(n + 1)));
    const frame = noticesFrame({ ...state, unread: 7 });
    const late = frame ? foldNotices(emptyNotices, frame) : emptyNotices;
    expect(late.unread).toBe(7);
    expect(late.latest).toEqual(state.latest.slice(0, 20));
    expect(noticesFrame(emptyNotices)).toBeUndefined();
  });
});

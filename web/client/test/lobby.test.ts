import { describe, expect, it } from "vitest";
import type { Frame } from "../src/frame.ts";
import { emptyLobby, foldLobby, lobbyFrame, MOST_EVENTS, shelves, type LobbyState } from "../src/lobby.ts";
import type { LobbyEvent } from "../src/wire.ts";
import { liveEvent, T0 } from "./sample.ts";

function line(id: string, change: Partial<LobbyEvent> = {}): LobbyEvent {
  const { slug, title, kind, participants } = liveEvent();
  return {
    ...{ id, slug, title, kind, participants },
    status: "live",
    starts_at: T0,
    featured: false,
    demo: false,
    viewers: { connections: 1, users: 0 },
    changed_at: T0,
    ...change,
  };
}

function told(type: string, data: unknown): Frame {
  return { type, data } as unknown as Frame;
}

function lobbyOf(...events: LobbyEvent[]): LobbyState {
  return foldLobby(emptyLobby, told("lobby.snapshot", { events }));
}

describe("the lobby", () => {
  it("is what the snapshot says, with each change whole and those gone taken out", () => {
    let state = lobbyOf(line("evt_1"), line("evt_2"));
    state = foldLobby(state, told("lobby.changed", { events: [line("evt_2", { status: "paused" }), line("evt_3")], gone: ["evt_1"] }));
    expect([...state.events.keys()]).toEqual(["evt_2", "evt_3"]);
    expect(state.events.get("evt_2")?.status).toBe("paused");
  });

  it("a new snapshot takes the place of everything before", () => {
    const state = foldLobby(lobbyOf(line("evt_1")), told("lobby.snapshot", { events: [line("evt_9")] }));
    expect([...state.events.keys()]).toEqual(["evt_9"]);
  });

  it("is not changed by what it does not know, and knows nothing before its snapshot", () => {
    const state = lobbyOf(line("evt_1"));
    expect(foldLobby(state, told("lobby.weather", { rain: true }))).toBe(state);
    expect(emptyLobby.ready).toBe(false);
    expect(lobbyFrame(emptyLobby)).toBeUndefined();
  });

  it("told as one frame it is the same to who comes late", () => {
    const state = lobbyOf(line("evt_1"), line("evt_2", { status: "scheduled" }));
    const frame = lobbyFrame(state);
    expect(frame && foldLobby(emptyLobby, frame)).toEqual(state);
  });

  it("does not grow for ever, and keeps what is live", () => {
    let state = lobbyOf(line("evt_live"));
    for (let i = 0; i < MOST_EVENTS + 50; i++) {
      const ended_at = new Date(Date.parse(T0) + i * 1_000).toISOString();
      state = foldLobby(state, told("lobby.changed", { events: [line(`evt_${i}`, { status: "completed", ended_at })] }));
    }
    expect(state.events.size).toBe(MOST_EVENTS);
    expect(state.events.has("evt_live")).toBe(true);
    expect(state.events.has(`evt_${MOST_EVENTS + 49}`)).toBe(true);
  });

  it("stands in three shelves: what is on, what comes next, what ended last", () => {
    const found = shelves([
      line("a", { status: "scheduled", starts_at: "2026-06-03T18:00:00.000Z" }),
      line("b", { status: "scheduled", starts_at: "2026-06-02T18:00:00.000Z" }),
      line("c", { status: "completed", ended_at: "2026-06-01T10:00:00.000Z" }),
      line("d", { status: "cancelled", ended_at: "2026-06-01T12:00:00.000Z" }),
      line("e", { status: "paused" }),
      line("f", { featured: true, starts_at: "2026-06-01T19:00:00.000Z" }),
    ]);
    expect(found.live.map((one) => one.id)).toEqual(["f", "e"]);
    expect(found.next.map((one) => one.id)).toEqual(["b", "a"]);
    expect(found.over.map((one) => one.id)).toEqual(["d", "c"]);
  });
});

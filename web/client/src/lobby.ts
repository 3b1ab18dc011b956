/**
 * What is on, as one value: the lobby stream's snapshot with its changes folded in. Each change brings whole events, so
 * that the last word counts and nothing need be remembered.
 */
import type { Frame } from "./frame.ts";
import type { LobbyEvent, LobbyFrames } from "./wire.ts";

export interface LobbyState {
  /** False until the first snapshot. */
  readonly ready: boolean;
  readonly events: ReadonlyMap<string, LobbyEvent>;
}

/** A server tells of two hundred; a page left open for days must not gather more and more. */
export const MOST_EVENTS = 400;

export const emptyLobby: LobbyState = { ready: false, events: new Map() };

export function foldLobby(state: LobbyState, frame: Frame): LobbyState {
  const { type, data } = frame as unknown as LobbyFrame;
  if (type === "lobby.snapshot") return { ready: true, events: new Map(data.events.map((event) => [event.id, event])) };
  if (type !== "lobby.changed") return state;
  const events = new Map(state.events);
  for (const event of data.events) events.set(event.id, event);
  for (const id of data.gone ?? []) events.delete(id);
  return { ...state, events: events.size > MOST_EVENTS ? bounded(events) : events };
}

type LobbyFrame = { [K in keyof LobbyFrames]: { type: K; data: LobbyFrames[K] } }[keyof LobbyFrames];

function bounded(events: ReadonlyMap<string, LobbyEvent>): ReadonlyMap<string, LobbyEvent> {
  const { live, next, over } = shelves([...events.values()]);
  return new Map([...live, ...next, ...over].slice(0, MOST_EVENTS).map((event) => [event.id, event]));
}

/** For those who come late: the whole of it as one frame. */
export function lobbyFrame(state: LobbyState): Frame | undefined {
  if (!state.ready) return undefined;
  return { type: "lobby.snapshot", data: { events: [...state.events.values()] } } as unknown as Frame;
}

export interface Shelves {
  live: LobbyEvent[];
  next: LobbyEvent[];
  over: LobbyEvent[];
}

/** Live first, featured before others and each in its place as long as it lasts; then what comes next, soonest first; then what ended last. */
export function shelves(events: Iterable<LobbyEvent>): Shelves {
  const found: Shelves = { live: [], next: [], over: [] };
  for (const event of events) {
    if (event.status === "live" || event.status === "paused") found.live.push(event);
    else if (event.status === "scheduled") found.next.push(event);
    else found.over.push(event);
  }
  found.live.sort((a, b) => Number(b.featured) - Number(a.featured) || begin(a) - begin(b) || byId(a, b));
  found.next.sort((a, b) => begin(a) - begin(b) || byId(a, b));
  found.over.sort((a, b) => end(b) - end(a) || byId(a, b));
  return found;
}

function begin(event: LobbyEvent): number {
  return Date.parse(event.started_at ?? event.starts_at);
}

function end(event: LobbyEvent): number {
  return Date.parse(event.ended_at ?? event.started_at ?? event.starts_at);
}

function byId(a: LobbyEvent, b: LobbyEvent): number {
  return a.id < b.id ? -1 : 1;
}

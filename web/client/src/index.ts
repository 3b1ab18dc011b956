/** Grandstand in the browser: one stream, one fold, typed actions. Start reading at `stream.ts`. */
export { EventStream } from "./stream.ts";
export type { ClosedReason, Connection, StreamOptions } from "./stream.ts";
export { eventSourceTransport, fetchTransport } from "./transport.ts";
export type { Attempt, Ending, Transport } from "./transport.ts";
export { browserWakeups } from "./wakeups.ts";
export type { Wakeups } from "./wakeups.ts";
export { FRAME_TYPES, frameOf } from "./frame.ts";
export type { Frame, FrameOf, FrameType } from "./frame.ts";
export {
  emptyRoom,
  fold,
  foldAll,
  KEEP_MESSAGES,
  keepMessages,
  windowOf,
  withMarks,
  withMine,
  withMyVote,
  withOlder,
} from "./room.ts";
export type { RoomState } from "./room.ts";
export { elapsedMs, pointsOf } from "./contest.ts";
export { GrandstandApi, newClientId } from "./api.ts";
export type { EventFilter, LobbyFilter, NewMessage } from "./api.ts";
export type { ApiOptions } from "./caller.ts";
export type { PersonalApi } from "./personal.ts";
export type { PersonasApi } from "./personas.ts";
export { DRAFT_CHARACTERS, MOST_DRAFTS } from "./assistant.ts";
export type { AssistantState, Draft } from "./assistant.ts";
export { emptyLobby, foldLobby, lobbyFrame, shelves } from "./lobby.ts";
export type { LobbyState, Shelves } from "./lobby.ts";
export { emptyNotices, foldNotices, KEEP_NOTICES, noticesFrame, withNewest, withNotices, withRead } from "./notices.ts";
export type { NoticesState } from "./notices.ts";
export { StateMemory } from "./state-memory.ts";
export { MOST_UNSENT, Outbox } from "./outbox.ts";
export type { OutboxOptions } from "./outbox.ts";
export { browserStore, forgetUnsent, memoryStore } from "./outbox-store.ts";
export type { Outgoing, OutboxStore } from "./outbox-store.ts";
export { SharedStream } from "./shared.ts";
export type { SharedOptions } from "./shared.ts";
export { browserTabs, exclusive } from "./tabs.ts";
export type { ChannelLike, Exclusive, LocksLike, Tabs } from "./tabs.ts";
export { NetworkError, ProblemError } from "./problem.ts";
export { SseParser } from "./sse.ts";
export type { SseHandlers, SseMessage } from "./sse.ts";
export { alreadySeen, parseCursor } from "./cursor.ts";
export { backoffMs, retryAfterMs } from "./backoff.ts";
export type { Backoff } from "./backoff.ts";
export type * from "./wire.ts";

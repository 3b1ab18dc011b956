/**
 * The room as one value, and the fold that moves it: `(state, frame) -> state`, pure, without time or network.
 * The promise it keeps: a snapshot with the entries after it folded in shows what a fresh snapshot would show.
 * Memory is bounded: the newest `keep` messages stay, older ones are fetched again when somebody scrolls up.
 */
import type { Frame, FrameOf } from "./frame.ts";
import { foldContest } from "./contest.ts";
import { assistantOf, foldAssistant, quietAssistant, type AssistantState } from "./assistant.ts";
import { crowdOf, emptyCrowd, foldCrowd, withReceipts, withVote, type CrowdState } from "./crowd.ts";
import { addMessage, byLogOrder, changeMessage, trim } from "./messages.ts";
import type {
  ApplauseCounts,
  LiveEvent,
  Message,
  Presence,
  Reaction,
  Receipt,
  Role,
  RoomWindow,
  Scoreboard,
  Snapshot,
  User,
} from "./wire.ts";

/** Newest messages kept in a room nobody scrolls in. */
export const KEEP_MESSAGES = 500;

export interface RoomState extends CrowdState, AssistantState {
  /** False until the first snapshot, and between a reset and the snapshot that follows it. */
  readonly ready: boolean;
  readonly cursor?: string;
  readonly role: Role;
  readonly user?: User;
  readonly event?: LiveEvent;
  readonly room?: RoomWindow;
  readonly contest?: Scoreboard;
  /** Oldest first, in log order; withdrawn messages stay as tombstones without text. */
  readonly messages: readonly Message[];
  readonly pinned: readonly Message[];
  readonly held: readonly Message[];
  readonly applause: ApplauseCounts;
  readonly messageCount: number;
  /** Absent in a past of which nobody knows who was there. */
  readonly presence?: Presence;
  /** My own reactions by message id: entries are shared by everybody and can't carry them. */
  readonly mine: Readonly<Record<string, readonly string[]>>;
  readonly keep: number;
  /** False once history is known to hold nothing before `messages[0]`. */
  readonly hasOlder: boolean;
}

export function emptyRoom(keep = KEEP_MESSAGES): RoomState {
  return {
    ready: false,
    role: "viewer",
    messages: [],
    pinned: [],
    held: [],
    applause: {},
    messageCount: 0,
    mine: {},
    keep,
    hasOlder: false,
    ...emptyCrowd,
    ...quietAssistant,
  };
}

export function fold(state: RoomState, frame: Frame): RoomState {
  const next = withAssistant(foldData(state, frame), frame);
  // Only numbered entries move the position; a snapshot has set its own.
  if (frame.cursor === undefined || frame.type.startsWith("stream.")) return next;
  return { ...next, cursor: frame.cursor };
}

function withAssistant(state: RoomState, frame: Frame): RoomState {
  const assistant = foldAssistant(state, frame);
  return assistant === undefined || assistant === state ? state : { ...state, ...assistant };
}

export function foldAll(state: RoomState, frames: readonly Frame[]): RoomState {
  return frames.reduce(fold, state);
}

function foldData(state: RoomState, frame: Frame): RoomState {
  switch (frame.type) {
    case "stream.ready":
      return foldReady(state, frame.data);
    case "stream.snapshot":
      return fromSnapshot(state, frame.data);
    case "stream.reset":
      return { ...state, ready: false };
    case "event.created":
    case "event.updated":
    case "event.started":
    case "event.paused":
    case "event.resumed":
    case "event.ended":
    case "event.cancelled":
      return foldEvent(state, frame.data.event, frame.at);
    case "message.created":
      return arrived(state, frame.data.message);
    case "message.echoed":
      // Told to its author alone, and counted by nobody.
      return { ...state, messages: addMessage(state.messages, frame.data.message) };
    case "message.released":
      return arrived(withoutHeld(state, frame.data.message.id), frame.data.message);
    case "message.held":
      return { ...state, held: addMessage(state.held, frame.data.message) };
    case "message.updated":
      return updated(state, frame.data.message);
    case "message.deleted":
    case "message.hidden":
      return gone(state, frame);
    case "reactions.changed":
      return frame.data.messages.reduce(
        (room, change) => withReactions(room, change.message_id, change.reactions),
        state,
      );
    case "applause.changed":
      return { ...state, applause: frame.data.applause };
    case "incident.recorded":
    case "incident.corrected":
    case "incident.retracted":
    case "score.changed":
    case "clock.changed":
      return state.contest ? { ...state, contest: foldContest(state.contest, frame) } : state;
    case "contest.changed":
      return { ...state, contest: frame.data.contest };
    case "presence.changed":
      return {
        ...state,
        presence: { viewers: frame.data.viewers, users: frame.data.users },
      };
    case "room.changed":
      return withSettings(state, frame.data.room, frame.data.version);
    case "room.opened":
    case "room.closed":
      return { ...state, room: frame.data.window };
    case "poll.opened":
    case "poll.changed":
    case "poll.closed":
    case "poll.retracted":
    case "badges.changed":
    case "typing.changed":
    case "receipt.changed":
      return { ...state, ...foldCrowd(state, frame) };
    default:
      // Heartbeats say nothing about the room, and a newer server may say things not known here.
      return state;
  }
}

function foldReady(state: RoomState, ready: FrameOf<"stream.ready">["data"]): RoomState {
  const { user: _gone, ...rest } = state;
  const next: RoomState = {
    ...rest,
    role: ready.role,
    mine: { ...state.mine, ...ready.my_reactions },
    votes: { ...state.votes, ...ready.my_votes },
  };
  return ready.user ? { ...next, user: ready.user } : next;
}

function fromSnapshot(state: RoomState, snapshot: Snapshot): RoomState {
  const { contest: _old, presence: _then, ...rest } = state;
  const messages = [...snapshot.messages].sort(byLogOrder);
  const next: RoomState = {
    ...rest,
    ...crowdOf(snapshot),
    ...assistantOf(state, messages),
    ready: true,
    cursor: snapshot.cursor,
    event: snapshot.event,
    room: snapshot.room,
    messages,
    pinned: [...snapshot.pinned].sort(byLogOrder),
    held: [...(snapshot.held ?? [])].sort(byLogOrder),
    applause: snapshot.applause,
    messageCount: snapshot.message_count,
    hasOlder: snapshot.message_count > messages.length,
  };
  return {
    ...next,
    ...(snapshot.contest && { contest: snapshot.contest }),
    ...(snapshot.presence && { presence: snapshot.presence }),
  };
}

function foldEvent(state: RoomState, event: LiveEvent, at: string | undefined): RoomState {
  return { ...state, event, room: windowOf(event, at) };
}

function withSettings(state: RoomState, settings: object, version: number): RoomState {
  if (!state.event) return state;
  return { ...state, event: { ...state.event, settings: { ...state.event.settings, ...settings }, version } };
}

/**
 * The chat window as the event's own times give it, judged at `at`: from some time before the scheduled start (or
 * the actual one, if that was earlier) until some time after the end. A cancelled event's room closes at once.
 */
export function windowOf(event: LiveEvent, at: string = new Date().toISOString()): RoomWindow {
  const { settings, status } = event;
  const planned = Date.parse(event.scheduled_at) - settings.opens_before_seconds * 1_000;
  const opens = event.started_at ? Math.min(planned, Date.parse(event.started_at)) : planned;
  const ended = event.ended_at === undefined ? undefined : Date.parse(event.ended_at);
  const closes =
    ended === undefined
      ? undefined
      : status === "completed"
        ? ended + settings.closes_after_seconds * 1_000
        : status === "cancelled"
          ? ended
          : undefined;
  const now = Date.parse(at);
  const open = now >= opens && (closes === undefined || now < closes);
  const room: RoomWindow = { open, opens_at: new Date(opens).toISOString() };
  return closes === undefined ? room : { ...room, closes_at: new Date(closes).toISOString() };
}

function arrived(state: RoomState, message: Message): RoomState {
  if (state.messages.some((known) => known.id === message.id)) return updated(state, message);
  const counted = withReplies(state, message.parent_id, 1);
  const messages = addMessage(counted.messages, message);
  const next = { ...counted, messages, messageCount: state.messageCount + 1 };
  return bounded(message.pinned ? { ...next, pinned: addMessage(next.pinned, message) } : next);
}

function updated(state: RoomState, message: Message): RoomState {
  const keepPinned = message.pinned && message.status === "active";
  const others = state.pinned.filter((pin) => pin.id !== message.id);
  return {
    ...state,
    messages: changeMessage(state.messages, message.id, () => message),
    held: changeMessage(state.held, message.id, () => message),
    pinned: keepPinned
      ? addMessage(others, message)
      : others.length === state.pinned.length
        ? state.pinned
        : others,
  };
}

function gone(
  state: RoomState,
  frame: FrameOf<"message.deleted"> | FrameOf<"message.hidden">,
): RoomState {
  const { message_id: id, parent_id: parentId } = frame.data;
  // A held message that is turned down was never counted and never answered anybody.
  if (state.held.some((held) => held.id === id)) return withoutHeld(state, id);
  const status = frame.type === "message.deleted" ? "deleted" : "hidden";
  const known = state.messages.find((message) => message.id === id);
  if (known && known.status !== "active") return state;
  const parent = parentId ?? known?.parent_id;
  const next = withReplies(state, parent, -1);
  return {
    ...next,
    messages: changeMessage(next.messages, id, ({ mentions: _nobody, assistant: _grounds, ...message }) => ({
      ...message,
      status,
      text: "",
      pinned: false,
      reactions: [],
    })),
    pinned: next.pinned.filter((pin) => pin.id !== id),
    messageCount: Math.max(0, state.messageCount - 1),
  };
}

function withoutHeld(state: RoomState, id: string): RoomState {
  return { ...state, held: state.held.filter((held) => held.id !== id) };
}

function withReplies(state: RoomState, parentId: string | undefined, by: number): RoomState {
  if (parentId === undefined) return state;
  const count = (message: Message): Message => ({
    ...message,
    reply_count: Math.max(0, message.reply_count + by),
  });
  return {
    ...state,
    messages: changeMessage(state.messages, parentId, count),
    pinned: changeMessage(state.pinned, parentId, count),
  };
}

function withReactions(state: RoomState, id: string, reactions: Reaction[]): RoomState {
  const put = (message: Message): Message => ({ ...message, reactions });
  return {
    ...state,
    messages: changeMessage(state.messages, id, put),
    pinned: changeMessage(state.pinned, id, put),
  };
}

function bounded(state: RoomState): RoomState {
  if (state.messages.length <= state.keep) return state;
  const messages = trim(state.messages, state.keep);
  return { ...state, messages, mine: pruned(state, messages), hasOlder: true };
}

/** Reactions of messages no longer held are forgotten, but not on every message: the sweep costs a pass. */
function pruned(state: RoomState, messages: readonly Message[]): RoomState["mine"] {
  const ids = Object.keys(state.mine);
  if (ids.length <= state.keep * 2) return state.mine;
  const held = new Set([...messages, ...state.pinned].map((message) => message.id));
  return Object.fromEntries(Object.entries(state.mine).filter(([id]) => held.has(id)));
}

/** Changes how many messages stay: more while somebody reads the past, fewer when back at the present. */
export function keepMessages(state: RoomState, keep: number): RoomState {
  return keep === state.keep ? state : bounded({ ...state, keep });
}

/** Puts a page of history in front. `exhausted` says that nothing lies before it. */
export function withOlder(
  state: RoomState,
  page: readonly Message[],
  exhausted: boolean,
): RoomState {
  const known = new Set(state.messages.map((message) => message.id));
  const older = page.filter((message) => !known.has(message.id));
  const mine = { ...state.mine };
  for (const message of page) if (message.mine) mine[message.id] = message.mine;
  return {
    ...state,
    mine,
    messages: [...older, ...state.messages].sort(byLogOrder),
    hasOlder: !exhausted,
  };
}

/** Notes my own reaction, as the answer to putting or removing it confirmed. */
export function withMine(state: RoomState, id: string, emoji: string, on: boolean): RoomState {
  const others = (state.mine[id] ?? []).filter((one) => one !== emoji);
  return { ...state, mine: { ...state.mine, [id]: on ? [...others, emoji] : others } };
}

/** Notes my own vote, as the answer confirmed it. */
export function withMyVote(state: RoomState, pollId: string, options: readonly number[]): RoomState {
  return { ...state, votes: withVote(state, pollId, options) };
}

/** How far people have read, as the server listed it. */
export function withMarks(state: RoomState, readers: readonly Receipt[], deliveredSeq = 0): RoomState {
  return { ...state, ...withReceipts(state, readers, deliveredSeq) };
}

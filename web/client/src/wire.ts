/**
 * The words on the wire, and nothing else: what the server sends and accepts, as types.
 * Everything else in this package imports its shapes from here, so that this one file is the place to
 * point at types generated from the OpenAPI document (`npm run types`).
 */

export type Timestamp = string;

export interface User {
  id: string;
  name: string;
  avatar_url?: string;
  badges: string[];
  guest: boolean;
}

export type Role = "viewer" | "member" | "moderator" | "host" | "admin";

export type EventKind =
  | "football"
  | "mma"
  | "basketball"
  | "cricket"
  | "tennis"
  | "draw"
  | "session"
  | "other";

export type EventStatus = "scheduled" | "live" | "paused" | "completed" | "cancelled";

export interface Participant {
  id: string;
  name: string;
  short_name?: string;
  image_url?: string;
}

export interface Settings {
  opens_before_seconds: number;
  closes_after_seconds: number;
  hold_messages: boolean;
  edit_window_seconds: number;
  small_room_users: number;
}

export interface LiveEvent {
  id: string;
  slug: string;
  title: string;
  kind: EventKind;
  status: EventStatus;
  participants: Participant[];
  venue?: string;
  scheduled_at: Timestamp;
  started_at?: Timestamp;
  ended_at?: Timestamp;
  featured: boolean;
  visibility: "public" | "private";
  cover_url?: string;
  stream_url?: string;
  settings: Settings;
  version: number;
  created_at: Timestamp;
  demo: boolean;
}

export interface RoomWindow {
  open: boolean;
  opens_at: Timestamp;
  closes_at?: Timestamp;
}

export interface Reaction {
  emoji: string;
  count: number;
}

export interface Author {
  id: string;
  name: string;
  avatar_url?: string;
  badges: string[];
}

export type MessageStatus = "active" | "held" | "hidden" | "deleted";

export interface Message {
  id: string;
  seq: number;
  author: Author;
  text: string;
  status: MessageStatus;
  parent_id?: string;
  reply_count: number;
  pinned: boolean;
  reactions: Reaction[];
  client_id?: string;
  created_at: Timestamp;
  edited_at?: Timestamp;
  /** Emoji the signed-in caller has put on it. Only lists carry this; stream entries are shared by all. */
  mine?: string[];
}

export interface Points {
  participant_id: string;
  points: number;
}

export interface Period {
  number: number;
  name: string;
  state: "running" | "ended";
  /** The score when it ended. */
  score?: Points[];
}

export interface Clock {
  running: boolean;
  elapsed_ms: number;
  as_of: Timestamp;
}

export interface Result {
  outcome: "win" | "draw" | "no_result";
  winner_id?: string;
  method?: string;
  note?: string;
}

export type IncidentType =
  | "period_start"
  | "period_end"
  | "goal"
  | "card"
  | "substitution"
  | "result";

export type CardColor = "yellow" | "second_yellow" | "red";

export interface Incident {
  id: string;
  type: IncidentType;
  participant_id?: string;
  player?: string;
  player_in?: string;
  player_out?: string;
  color?: CardColor;
  minute?: number;
  stoppage?: number;
  penalty?: boolean;
  own_goal?: boolean;
  period?: { number: number; name: string };
  result?: Result;
  source: string;
  source_id: string;
  at: Timestamp;
  corrected: boolean;
}

export interface Scoreboard {
  kind: EventKind;
  participants: Participant[];
  score: Points[];
  period?: Period;
  periods: Period[];
  clock: Clock;
  /** What stands, in the order of arrival; retracted ones are gone. */
  incidents: Incident[];
  result?: Result;
}

export type ApplauseKind = "like" | "love" | "wow" | "celebrate" | "laugh" | "sad";
export type ApplauseCounts = Partial<Record<ApplauseKind, number>>;

export interface Presence {
  viewers: number;
  users: number;
}

export interface Snapshot {
  cursor: string;
  event: LiveEvent;
  room: RoomWindow;
  contest?: Scoreboard;
  messages: Message[];
  pinned: Message[];
  held?: Message[];
  applause: ApplauseCounts;
  message_count: number;
  presence: Presence;
}

/** Durable entries: kept in the event's log, numbered, replayed on resume. */
export interface EntryData {
  "event.created": { event: LiveEvent };
  "event.updated": { event: LiveEvent };
  "event.started": { event: LiveEvent };
  "event.paused": { event: LiveEvent };
  "event.resumed": { event: LiveEvent };
  "event.ended": { event: LiveEvent };
  "event.cancelled": { event: LiveEvent };
  "message.created": { message: Message };
  "message.updated": { message: Message };
  "message.deleted": MessageGone;
  "message.hidden": MessageGone;
  "message.held": { message: Message };
  "message.released": { message: Message };
  "reactions.changed": { messages: { message_id: string; reactions: Reaction[] }[] };
  "applause.changed": { applause: ApplauseCounts; burst: ApplauseCounts };
  "incident.recorded": { incident: Incident };
  "incident.corrected": { incident: Incident };
  "incident.retracted": { incident_id: string; reason?: string };
  "score.changed": { score: Points[]; incident_id?: string };
  "clock.changed": { clock: Clock; period?: Period; periods: Period[] };
  "contest.changed": { contest: Scoreboard };
}

export interface MessageGone {
  message_id: string;
  parent_id?: string;
  by: "author" | "staff";
}

/** Signals: live only, never kept, never numbered. */
export interface SignalData {
  "presence.changed": Presence & { joined?: User[]; left?: string[] };
}

export type ResetReason = "malformed" | "future" | "epoch" | "gone" | "audience";

export type ByeReason =
  | "shutdown"
  | "token-expired"
  | "too-many-connections"
  | "slow"
  | "overloaded"
  | "forbidden"
  | "role-changed"
  | "internal";

/** What the stream says about itself. */
export interface ControlData {
  "stream.ready": {
    event_id: string;
    role: Role;
    user?: User;
    head: string;
    heartbeat_ms: number;
    retry_ms: number;
    my_reactions?: Record<string, string[]>;
  };
  "stream.snapshot": Snapshot;
  "stream.resumed": { from: string; to: string; entries: number };
  "stream.reset": { reason: ResetReason };
  "stream.heartbeat": { head: string; time: Timestamp };
  "stream.bye": { reason: ByeReason; reconnect: boolean; retry_ms: number };
}

export interface Page<T> {
  items: T[];
  next_cursor?: string;
  prev_cursor?: string;
}

export interface Attendance {
  user: User;
  status: "online" | "away";
  since_at: Timestamp;
}

export type AttendancePage = Page<Attendance> & Presence;

export interface EventStatusReport {
  event_id: string;
  status: EventStatus;
  room: RoomWindow;
  viewers: number;
  users: number;
  applause: ApplauseCounts;
  messages: number;
  cursor: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  instance?: string;
  code: string;
  request_id?: string;
  errors?: { pointer: string; code: string; detail: string }[];
  /** Only with `room-not-open`. */
  opens_at?: Timestamp;
  closes_at?: Timestamp;
}

/**
 * Words of the wire written down by hand: mentions, notifications, the lobby, follows, and reading at another time. Each
 * goes away as the OpenAPI document comes to know it: `wire.ts` then takes it from there, under the same name.
 */
import type { Clock, EventKind, EventStatus, Participant, Period, Points, Timestamp, User } from "./wire.ts";

export interface Mention {
  user_id: string;
  name: string;
}

export interface Mentioning {
  mentions?: Mention[];
}

/** When an event is read: some seconds ago, or as of a moment. */
export interface Shift {
  delaySeconds?: number;
  at?: Timestamp;
}

/** What the first words of a stream say when it does not tell the present. */
export interface Shifted {
  delay_ms?: number;
  speed?: number;
  from?: number | string;
}

export type NoticeKind = "mention" | "reply" | "event-started" | "event-ended" | "appeal-decided" | "system";

/** `Notification` means something else in a browser. */
export interface Notice {
  id: string;
  kind: NoticeKind;
  event?: { id: string; slug: string; title: string };
  message_id?: string;
  by?: Pick<User, "id" | "name" | "avatar_url">;
  text: string;
  created_at: Timestamp;
  read_at?: Timestamp;
}

export interface NoticePage {
  items: Notice[];
  next_cursor?: string;
  prev_cursor?: string;
  unread: number;
}

export interface MeFrames {
  "me.snapshot": { unread: number; latest: Notice[] };
  "notification.created": { notification: Notice; unread: number };
  "notifications.read": { unread: number; up_to?: string; ids?: string[] };
}

export interface LobbyEvent {
  id: string;
  slug: string;
  title: string;
  kind: EventKind;
  status: EventStatus;
  starts_at: Timestamp;
  started_at?: Timestamp;
  ended_at?: Timestamp;
  participants: Participant[];
  featured: boolean;
  demo?: boolean;
  score?: Points[];
  clock?: Clock;
  period?: Period;
  viewers: { connections: number; users: number };
  changed_at: Timestamp;
}

export interface LobbyFrames {
  "lobby.snapshot": { events: LobbyEvent[] };
  "lobby.changed": { events: LobbyEvent[]; gone?: string[] };
}

export type FollowKind = "event" | "participant";

export interface Follow {
  kind: FollowKind;
  id: string;
  name?: string;
}

/**
 * Words of the wire written down by hand: mentions, notifications, the lobby, follows, and reading at another time. Each
 * goes away as the OpenAPI document comes to know it: `wire.ts` then takes it from there, under the same name.
 */
import type { Author, Clock, EventKind, EventStatus, Participant, Period, Points, Result, Timestamp } from "./wire.ts";

export interface Mention {
  user_id: string;
  name: string;
}

export interface Mentioning {
  mentions?: Mention[];
}


/** What the first words of a stream say when it does not tell the present. */
export interface Shifted {
  delay_ms?: number;
  speed?: number;
  from?: string;
}

export type NoticeKind = "mention" | "reply" | "event-started" | "event-ended" | "appeal-decided" | "system";

/** `Notification` means something else in a browser. */
export interface Notice {
  id: string;
  kind: NoticeKind;
  event?: { id: string; slug: string; title: string };
  message_id?: string;
  by?: Author;
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
  /** Without `up_to` it is not told which: some were marked one by one, or are gone with their message. */
  "notifications.read": { unread: number; up_to?: string };
}

export interface LobbyEvent {
  id: string;
  slug: string;
  title: string;
  kind: EventKind;
  status: EventStatus;
  venue?: string;
  cover_url?: string;
  starts_at: Timestamp;
  started_at?: Timestamp;
  ended_at?: Timestamp;
  participants: Participant[];
  featured: boolean;
  demo: boolean;
  score?: Points[];
  clock?: Clock;
  period?: Period;
  result?: Result;
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
  since_at: Timestamp;
}

export interface FeedItem {
  when: "live" | "next" | "ended";
  event: LobbyEvent;
  /** Why it is there: the event itself, or some of those who play. */
  follows_event: boolean;
  follows_participants: string[];
}

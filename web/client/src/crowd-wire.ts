/**
 * The words of polls, badges, typing, receipts, room settings and keeping order, by hand. Optional where a server may not
 * know them yet; what the document knows comes from there (`wire.ts`).
 */
import type { Message, RoomWindow, User } from "./wire.ts";

export interface PollOption {
  id: number;
  text: string;
  votes?: number;
}

export interface Poll {
  id: string;
  seq: number;
  question: string;
  options: PollOption[];
  max_choices: number;
  results: "live" | "when_closed";
  change_allowed: boolean;
  guests: boolean;
  status: "open" | "closed" | "retracted";
  opened_at: string;
  closes_at?: string;
  closed_at?: string;
  reason?: string;
  voters: number;
  mine?: number[];
}

export interface PollTotals {
  poll_id: string;
  voters: number;
  options?: { id: number; votes: number }[];
}

export interface NewPoll {
  question: string;
  options: string[];
  max_choices?: number;
  results?: Poll["results"];
  change_allowed?: boolean;
  guests?: boolean;
  open_for_seconds?: number;
}

export interface Awards {
  user_id: string;
  badges: string[];
}

export interface Typing {
  users: User[];
  others: number;
  threads: { parent_id: string; users: User[]; others: number }[];
}

export interface Receipt {
  user_id: string;
  message_id: string;
  seq: number;
  read_at: string;
}

export interface Standing {
  receipt?: Receipt;
  unread: number;
  told: boolean;
  delivered_seq: number;
}

export interface RoomSettings {
  slow_mode_seconds: number;
  members_only: boolean;
  emoji_only: boolean;
  unique_messages: boolean;
  links: "everybody" | "members" | "staff";
  min_account_age_seconds: number;
  locked: boolean;
  hold_messages: boolean;
  hold_seconds: number;
  receipts: "auto" | "on" | "off";
  typing: boolean;
}

export type SanctionKind = "mute" | "timeout" | "ban" | "shadow_ban";

export interface NewSanction {
  user_id: string;
  kind: SanctionKind;
  seconds?: number;
  reason: string;
  note?: string;
  message_id?: string;
}

export interface Sanction extends NewSanction {
  id: string;
  created_at: string;
  until_at?: string;
  in_force: boolean;
}

export type ReportReason =
  | "spam"
  | "abuse"
  | "hate"
  | "sexual"
  | "violence"
  | "self_harm"
  | "personal"
  | "spoiler"
  | "other";

export interface Report {
  message_id: string;
  author_id: string;
  user_id: string;
  reason: ReportReason;
  note?: string;
  created_at: string;
  reports: number;
}

export interface Appeal {
  id: string;
  message_id: string;
  user_id: string;
  text: string;
  created_at: string;
  decision?: "upheld" | "overturned";
  reason?: string;
}

/** What was decided about me, told to my own streams only. */
export interface ModerationTold {
  action: string;
  message_id?: string;
  reason?: string;
  code?: string;
  until_at?: string;
}

export interface CrowdSnapshot {
  polls?: Poll[];
  badges?: Awards[];
}

export interface CrowdReady {
  my_votes?: Record<string, number[]>;
}

export interface CrowdFrames {
  "poll.opened": { poll: Poll };
  "poll.changed": { polls: PollTotals[] };
  "poll.closed": { poll: Poll };
  "poll.retracted": { poll: Poll };
  "badges.changed": Awards & { badge: string; given: boolean };
  "room.changed": { room: RoomSettings; version: number };
  "room.opened": { window: RoomWindow };
  "room.closed": { window: RoomWindow };
  "typing.changed": Typing;
  "receipt.changed": { readers: Receipt[]; delivered_seq?: number };
  "report.filed": { report: Report };
  "appeal.filed": { appeal: Appeal };
  "message.echoed": { message: Message };
  "moderation.decided": { decision: { id: string; action: string } };
  "moderation.told": ModerationTold;
}

/** Small makers of wire objects for the tests. */
import type { Frame, FrameType } from "../src/frame.ts";
import type { FrameData, Incident, LiveEvent, Message, Scoreboard, Snapshot } from "../src/wire.ts";

export const T0 = "2026-06-01T18:00:00.000Z";

const calm = {
  slow_mode_seconds: 0,
  members_only: false,
  emoji_only: false,
  unique_messages: false,
  links: "everybody" as const,
  min_account_age_seconds: 0,
  locked: false,
  hold_seconds: 0,
  receipts: "auto" as const,
  typing: true,
  starts_by_itself: false,
  ends_after_seconds: 0,
  assistant: { answers: true, posts: true },
  screening: { mode: "off" as const, late: "release" as const },
};

export function liveEvent(change: Partial<LiveEvent> = {}): LiveEvent {
  return {
    id: "evt_1",
    slug: "final",
    title: "Final",
    kind: "football",
    status: "live",
    participants: [
      { id: "arg", name: "Argentina" },
      { id: "fra", name: "France" },
    ],
    scheduled_at: T0,
    started_at: T0,
    featured: false,
    visibility: "public",
    settings: {
      ...calm,
      opens_before_seconds: 3600,
      closes_after_seconds: 3600,
      hold_messages: false,
      edit_window_seconds: 300,
      small_room_users: 50,
    },
    version: 1,
    created_at: T0,
    demo: false,
    ...change,
  };
}

export function message(seq: number, change: Partial<Message> = {}): Message {
  return {
    id: `msg_${String(seq).padStart(5, "0")}`,
    seq,
    author: { id: "gst_ana", name: "Ana", badges: [] },
    text: `text ${seq}`,
    status: "active",
    reply_count: 0,
    pinned: false,
    reactions: [],
    created_at: T0,
    ...change,
  };
}

export function incident(id: string, change: Partial<Incident> = {}): Incident {
  return {
    id,
    type: "goal",
    participant_id: "arg",
    player: "Messi",
    minute: 23,
    source: "feed",
    source_id: id,
    at: T0,
    corrected: false,
    ...change,
  };
}

export function scoreboard(change: Partial<Scoreboard> = {}): Scoreboard {
  return {
    kind: "football",
    participants: liveEvent().participants,
    score: [
      { participant_id: "arg", points: 0 },
      { participant_id: "fra", points: 0 },
    ],
    periods: [],
    clock: { running: false, elapsed_ms: 0, as_of: T0 },
    incidents: [],
    ...change,
  };
}

export function snapshot(change: Partial<Snapshot> = {}): Snapshot {
  return {
    cursor: "1-0",
    event: liveEvent(),
    room: { open: true, opens_at: "2026-06-01T17:00:00.000Z" },
    contest: scoreboard(),
    messages: [],
    pinned: [],
    held: [],
    applause: {},
    message_count: 0,
    presence: { viewers: 0, users: 0 },
    polls: [],
    badges: [],
    ...change,
  };
}

/** With a number it is an entry of the log, without one a signal or a control frame. */
export function frame<K extends FrameType>(type: K, data: FrameData[K], seq?: number): Frame {
  const made = { type, data, at: T0 };
  return (seq === undefined ? made : { ...made, seq, cursor: `1-${seq}` }) as Frame;
}

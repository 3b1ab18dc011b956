/**
 * Turns one SSE frame into a typed `Frame`. Unknown types pass through untouched: a newer server may say
 * things this client has not heard of, and whoever folds frames ignores what it does not know.
 */
import type { SseMessage } from "./sse.ts";
import type { FrameData } from "./wire.ts";

export type FrameType = keyof FrameData;

export type FrameOf<K extends FrameType> = {
  type: K;
  data: FrameData[K];
  /** Position in the log; present on durable entries and on snapshots. */
  cursor?: string;
  seq?: number;
  at?: string;
};

export type Frame = { [K in FrameType]: FrameOf<K> }[FrameType];

/** The compiler names the one that is missing when the document knows a new type. */
const KNOWN: Record<FrameType, true> = {
  "event.created": true,
  "event.updated": true,
  "event.started": true,
  "event.paused": true,
  "event.resumed": true,
  "event.ended": true,
  "event.cancelled": true,
  "message.created": true,
  "message.updated": true,
  "message.deleted": true,
  "message.hidden": true,
  "message.held": true,
  "message.released": true,
  "reactions.changed": true,
  "applause.changed": true,
  "incident.recorded": true,
  "incident.corrected": true,
  "incident.retracted": true,
  "score.changed": true,
  "clock.changed": true,
  "contest.changed": true,
  "presence.changed": true,
  "stream.ready": true,
  "stream.snapshot": true,
  "stream.resumed": true,
  "stream.reset": true,
  "stream.heartbeat": true,
  "stream.bye": true,
  "poll.opened": true,
  "poll.changed": true,
  "poll.closed": true,
  "poll.retracted": true,
  "badges.changed": true,
  "room.changed": true,
  "room.opened": true,
  "room.closed": true,
  "typing.changed": true,
  "receipt.changed": true,
  "cursors.changed": true,
  "report.filed": true,
  "appeal.filed": true,
  "message.echoed": true,
  "moderation.decided": true,
  "moderation.told": true,
  "assistant.answered": true,
  "session.scored": true,
  "assistant.delta": true,
};

/** Every type this client knows. A native `EventSource` must be told them one by one. */
export const FRAME_TYPES = Object.keys(KNOWN) as FrameType[];

/**
 * Everything travels in one envelope, `{seq?, type, at, data}`; data without it is taken as it is, under the name
 * of the SSE event. Returns null for data that is not JSON, which only a broken proxy produces.
 */
export function frameOf(message: Pick<SseMessage, "event" | "data" | "id">): Frame | null {
  let body: unknown;
  try {
    body = JSON.parse(message.data);
  } catch {
    return null;
  }
  if (typeof body !== "object" || body === null) return null;
  const envelope = body as { type?: unknown; data?: unknown; seq?: unknown; at?: unknown };
  const wrapped = typeof envelope.type === "string" && "data" in envelope;
  const type = wrapped ? (envelope.type as string) : message.event;
  const frame: { type: string; data: unknown; cursor?: string; seq?: number; at?: string } = {
    type,
    data: wrapped ? envelope.data : body,
  };
  if (message.id !== undefined && message.id !== "") frame.cursor = message.id;
  if (typeof envelope.seq === "number") frame.seq = envelope.seq;
  if (typeof envelope.at === "string") frame.at = envelope.at;
  return frame as Frame;
}

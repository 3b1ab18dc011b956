/**
 * Turns one SSE frame into a typed `Frame`. Unknown types pass through untouched: a newer server may say
 * things this client has not heard of, and whoever folds frames ignores what it does not know.
 */
import type { ControlData, EntryData, SignalData } from "./wire.ts";
import type { SseMessage } from "./sse.ts";

export type FrameData = EntryData & SignalData & ControlData;
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

const ENTRIES: Record<keyof EntryData, true> = {
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
};

const OTHERS: Record<keyof (SignalData & ControlData), true> = {
  "presence.changed": true,
  "stream.ready": true,
  "stream.snapshot": true,
  "stream.resumed": true,
  "stream.reset": true,
  "stream.heartbeat": true,
  "stream.bye": true,
};

/** Every type this client knows. A native `EventSource` must be told them one by one. */
export const FRAME_TYPES = Object.keys({ ...ENTRIES, ...OTHERS }) as FrameType[];

/**
 * Entries and signals travel in an envelope `{seq?, type, at, data}`; `stream.*` frames are bare.
 * Returns null for data that is not JSON, which only a broken proxy produces.
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

/**
 * The scoreboard's part of the fold: incidents, score, clock, and the whole board set up anew. Scores come from the
 * server and are never added up here; a corrected goal is followed by a score of its own.
 */
import type { FrameOf } from "./frame.ts";
import type { Clock, Incident, Points, Scoreboard } from "./wire.ts";

export type ContestFrame =
  | FrameOf<"incident.recorded">
  | FrameOf<"incident.corrected">
  | FrameOf<"incident.retracted">
  | FrameOf<"score.changed">
  | FrameOf<"clock.changed">;

export function foldContest(board: Scoreboard, frame: ContestFrame): Scoreboard {
  switch (frame.type) {
    case "incident.recorded":
      return withIncidents(board, put(board.incidents, frame.data.incident));
    case "incident.corrected":
      return withIncidents(board, replace(board.incidents, frame.data.incident));
    case "incident.retracted": {
      const { incident_id: id } = frame.data;
      return withIncidents(board, board.incidents.filter((known) => known.id !== id));
    }
    case "score.changed":
      return { ...board, score: frame.data.score };
    case "clock.changed": {
      const { clock, period, periods } = frame.data;
      const { period: _before, ...rest } = board;
      return { ...rest, clock, periods, ...(period ? { period } : {}) };
    }
  }
}

/** The result is that of the last incident which tells one, so that taking it back takes the result back. */
function withIncidents(board: Scoreboard, incidents: Incident[]): Scoreboard {
  const { result: _before, ...rest } = board;
  const result = incidents.findLast((incident) => incident.type === "result")?.result;
  return { ...rest, incidents, ...(result ? { result } : {}) };
}

function put(incidents: Incident[], incident: Incident): Incident[] {
  const known = incidents.some((one) => one.id === incident.id);
  return known ? replace(incidents, incident) : [...incidents, incident];
}

function replace(incidents: Incident[], incident: Incident): Incident[] {
  return incidents.map((known) => (known.id === incident.id ? incident : known));
}

/** What the clock shows at `nowMs`; it never runs backwards past its own mark. */
export function elapsedMs(clock: Clock, nowMs: number): number {
  if (!clock.running) return clock.elapsed_ms;
  return clock.elapsed_ms + Math.max(0, nowMs - Date.parse(clock.as_of));
}

export function pointsOf(score: readonly Points[], participantId: string): number {
  return score.find((line) => line.participant_id === participantId)?.points ?? 0;
}

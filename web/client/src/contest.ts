/**
 * The scoreboard's part of the fold: incidents, score, periods, clock. Scores come from the server and are
 * never added up here; a corrected goal is followed by a score of its own.
 */
import type { FrameOf } from "./frame.ts";
import type { Clock, Incident, Period, PeriodLine, Points, Scoreboard } from "./wire.ts";

export type ContestFrame =
  | FrameOf<"incident.recorded">
  | FrameOf<"incident.corrected">
  | FrameOf<"incident.retracted">
  | FrameOf<"score.changed">
  | FrameOf<"clock.changed">;

export function foldContest(board: Scoreboard, frame: ContestFrame): Scoreboard {
  switch (frame.type) {
    case "incident.recorded":
      return recorded(board, frame.data.incident);
    case "incident.corrected":
      return corrected(board, frame.data.incident);
    case "incident.retracted":
      return retracted(board, frame.data.incident_id);
    case "score.changed":
      return { ...board, score: frame.data.score };
    case "clock.changed":
      return clocked(board, frame.data.clock, frame.data.period);
  }
}

function recorded(board: Scoreboard, incident: Incident): Scoreboard {
  if (board.incidents.some((known) => known.id === incident.id)) return corrected(board, incident);
  const next = { ...board, incidents: [...board.incidents, incident] };
  if (incident.type === "result" && incident.result) return { ...next, result: incident.result };
  if (!incident.period) return next;
  const { number, name } = incident.period;
  if (incident.type === "period_start") {
    return {
      ...next,
      period: { number, name, state: "running" },
      periods: putPeriod(board.periods, { number, name }),
    };
  }
  if (incident.type === "period_end") {
    return {
      ...next,
      period: { number, name, state: "ended" },
      periods: putPeriod(board.periods, { number, name, score: board.score }),
    };
  }
  return next;
}

function corrected(board: Scoreboard, incident: Incident): Scoreboard {
  const incidents = board.incidents.map((known) => (known.id === incident.id ? incident : known));
  const next = { ...board, incidents };
  return incident.type === "result" && incident.result
    ? { ...next, result: incident.result }
    : next;
}

function retracted(board: Scoreboard, id: string): Scoreboard {
  const incidents = board.incidents.map((known) =>
    known.id === id ? { ...known, retracted: true } : known,
  );
  const wasResult = board.incidents.some((known) => known.id === id && known.type === "result");
  if (!wasResult) return { ...board, incidents };
  const { result: _withdrawn, ...rest } = board;
  return { ...rest, incidents };
}

function clocked(board: Scoreboard, clock: Clock, period: Period | undefined): Scoreboard {
  if (!period) return { ...board, clock };
  const { number, name } = period;
  const known = board.periods.find((line) => line.number === number);
  return {
    ...board,
    clock,
    period,
    periods: putPeriod(board.periods, known ? { ...known, name } : { number, name }),
  };
}

function putPeriod(lines: readonly PeriodLine[], line: PeriodLine): PeriodLine[] {
  return [...lines.filter((known) => known.number !== line.number), line].sort(
    (a, b) => a.number - b.number,
  );
}

/** What the clock shows at `nowMs`; it never runs backwards past its own mark. */
export function elapsedMs(clock: Clock, nowMs: number): number {
  if (!clock.running) return clock.elapsed_ms;
  return clock.elapsed_ms + Math.max(0, nowMs - Date.parse(clock.as_of));
}

export function pointsOf(score: readonly Points[], participantId: string): number {
  return score.find((line) => line.participant_id === participantId)?.points ?? 0;
}

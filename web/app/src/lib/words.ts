/** What the app says about incidents and refusals, in one place, for the eye and for screen readers. */
import {
  NetworkError,
  pointsOf,
  ProblemError,
  type Incident,
  type LiveEvent,
  type ModerationTold,
  type Problem,
  type Scoreboard,
} from "@grandstand/client";
import { minuteText, plural, timeOfDay, whenText } from "./clock.ts";

export function participantName(board: Scoreboard, id: string | undefined): string {
  return board.participants.find((one) => one.id === id)?.name ?? "";
}

export function incidentTitle(incident: Incident): string {
  switch (incident.type) {
    case "goal":
      return incident.own_goal ? "Own goal" : incident.penalty ? "Penalty goal" : "Goal";
    case "card":
      return incident.color === "red"
        ? "Red card"
        : incident.color === "second_yellow"
          ? "Second yellow card"
          : "Yellow card";
    case "substitution":
      return "Substitution";
    case "period_start":
      return `${incident.period?.name ?? "Period"} begins`;
    case "period_end":
      return `${incident.period?.name ?? "Period"} ends`;
    case "result":
      return "Final result";
    default:
      return "Update";
  }
}

export function incidentDetail(board: Scoreboard, incident: Incident): string {
  const name = participantName(board, incident.participant_id);
  switch (incident.type) {
    case "substitution":
      return [`${incident.player_in ?? "?"} for ${incident.player_out ?? "?"}`, name]
        .filter(Boolean)
        .join(", ");
    case "result":
      return resultText(board);
    default:
      return [incident.player, name].filter(Boolean).join(", ");
  }
}

export function resultText(board: Scoreboard): string {
  const { result } = board;
  if (!result) return "";
  const method = [result.method, result.note].filter(Boolean).join(", ");
  const tail = method ? ` (${method})` : "";
  if (result.outcome === "draw") return `Draw${tail}`;
  if (result.outcome === "no_result") return `No result${tail}`;
  return `${participantName(board, result.winner_id) || "Winner"} win${tail}`;
}

export function scoreText(board: {
  participants: readonly { id: string }[];
  score: Scoreboard["score"];
}): string {
  return board.participants.map((one) => pointsOf(board.score, one.id)).join("–");
}

/** "Goal, Argentina, Messi, 23′. Argentina 1–0 France" */
export function spokenIncident(board: Scoreboard, incident: Incident): string {
  const minute = minuteText(incident.minute, incident.stoppage);
  const head = [incidentTitle(incident), incidentDetail(board, incident), minute]
    .filter(Boolean)
    .join(", ");
  if (incident.type !== "goal" || board.participants.length !== 2) return head;
  const [home, away] = board.participants;
  return `${head}. ${home?.name} ${scoreText(board)} ${away?.name}`;
}

export const STATUS_WORDS: Record<LiveEvent["status"], string> = {
  scheduled: "Upcoming",
  live: "Live",
  paused: "Paused",
  completed: "Finished",
  cancelled: "Cancelled",
};

/** Why something was refused, said to the person it happened to. */
export function refusalText(error: unknown, nowMs = Date.now()): string {
  if (error instanceof NetworkError) return "You seem to be offline. It will be sent again.";
  if (!(error instanceof ProblemError)) return "Something went wrong. Please try again.";
  if (error.code === "rate-limited" && error.retryAfterMs) {
    return `That was a little fast. Try again in ${plural(Math.ceil(error.retryAfterMs / 1_000), "second")}.`;
  }
  return problemText(error.problem, nowMs);
}

export function problemText(problem: Problem, nowMs = Date.now()): string {
  switch (problem.code) {
    case "rate-limited":
      return "That was a little fast. Try again in a moment.";
    case "slow-mode":
      return "The room is in slow mode.";
    case "room-locked":
      return "The room is locked for now.";
    case "members-only":
      return "Only members write here for now.";
    case "emoji-only":
      return "Only emoji here for now.";
    case "not-unique":
      return "This was said a moment ago.";
    case "links-not-allowed":
      return "No links here, please.";
    case "account-too-young":
      return "Your account is too young to write here.";
    case "muted":
    case "timed-out":
      return `You may read, and not write${untilText(problem)}.`;
    case "banned":
      return `You are banned here${untilText(problem)}.`;
    case "poll-closed":
      return "The poll is closed.";
    case "vote-final":
      return "This poll takes your first vote only.";
    case "unsent-too-long":
      return "It waited too long for the connection. Is it still worth saying?";
    case "not-released":
      return "A moderator turned this down.";
    case "room-not-open":
      return problem.opens_at && Date.parse(problem.opens_at) > nowMs
        ? `The chat opens ${whenText(problem.opens_at, nowMs)}.`
        : "The chat is closed.";
    case "unauthenticated":
    case "token-expired":
    case "token-invalid":
      return "Please sign in again.";
    case "edit-window-over":
      return "This message can no longer be edited.";
    case "message-not-found":
    case "message-deleted":
      return "This message is gone.";
    case "payload-too-large":
      return "That is too long.";
    case "assistant-off":
      return "The assistant answers no questions here.";
    case "guests-not-allowed":
      return "Guests can't join here.";
    case "overloaded":
    case "shutting-down":
      return "The server is busy. It will be sent again.";
  }
  return problem.errors?.[0]?.detail || problem.detail || problem.title;
}

function untilText(problem: Problem & { until_at?: string }): string {
  return problem.until_at ? ` until ${timeOfDay(problem.until_at)}` : "";
}

/** What was decided about me, said to me; empty for what needs no words. */
export function toldText(told: ModerationTold): string {
  const until = told.until_at ? ` until ${timeOfDay(told.until_at)}` : "";
  const why = told.reason ? `: ${told.reason}` : ".";
  switch (told.action) {
    case "sanction.given":
      return told.code === "shadow_ban" ? "" : told.code === "ban" ? `You are banned${until}${why}` : `You may not write${until}${why}`;
    case "sanction.lifted":
      return "You may write again.";
    case "message.hidden":
      return `A moderator hid your message${why}`;
    case "message.rejected":
      return `A moderator turned your message down${why}`;
    case "appeal.upheld":
      return `Your appeal was read; it stays as it was decided${why}`;
    case "appeal.overturned":
    case "message.restored":
      return "Your message can be seen again.";
    default:
      return "";
  }
}

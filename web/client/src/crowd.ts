/**
 * The crowd's part of the fold: polls, badges, who types, who has read how far. Totals are the server's and never
 * counted here.
 */
import type { Frame } from "./frame.ts";
import type { Poll, PollTotals, Receipt, Snapshot, Typing } from "./wire.ts";

export interface CrowdState {
  /** Those that are over first, then the open ones. */
  readonly polls: readonly Poll[];
  /** My own votes by poll id. */
  readonly votes: Readonly<Record<string, readonly number[]>>;
  /** What people were awarded in this event, by user id. */
  readonly awards: Readonly<Record<string, readonly string[]>>;
  readonly typing: Typing;
  /** How far people have read, by user id, where the room tells. */
  readonly receipts: Readonly<Record<string, Receipt>>;
  /** Up to here every message reached somebody else than its author. */
  readonly deliveredSeq: number;
}

/** Polls that are over and still shown. */
const RECENT_POLLS = 5;
const NOBODY: Typing = { users: [], others: 0, threads: [] };

export const emptyCrowd: CrowdState = {
  polls: [],
  votes: {},
  awards: {},
  typing: NOBODY,
  receipts: {},
  deliveredSeq: 0,
};

/** What a snapshot says anew; votes and marks are the reader's, and outlast it. */
export function crowdOf(snapshot: Pick<Snapshot, "polls" | "badges">): Pick<CrowdState, "polls" | "awards" | "typing"> {
  return {
    polls: snapshot.polls,
    awards: Object.fromEntries(snapshot.badges.map((one) => [one.user_id, one.badges])),
    typing: NOBODY,
  };
}

/** Undefined for what says nothing about the crowd's own state. */
export function foldCrowd(state: CrowdState, frame: Frame): Partial<CrowdState> | undefined {
  switch (frame.type) {
    case "poll.opened":
    case "poll.closed":
    case "poll.retracted":
      return { polls: withPoll(state.polls, frame.data.poll) };
    case "poll.changed":
      return { polls: frame.data.polls.reduce(withTotals, state.polls) };
    case "badges.changed":
      return { awards: { ...state.awards, [frame.data.user_id]: frame.data.badges } };
    case "typing.changed":
      return { typing: frame.data };
    case "receipt.changed":
      return withReceipts(state, frame.data.readers, frame.data.delivered_seq);
    default:
      return undefined;
  }
}

export function withVote(state: CrowdState, pollId: string, options: readonly number[]): CrowdState["votes"] {
  return { ...state.votes, [pollId]: options };
}

/** Marks only move forward, whichever came first. */
export function withReceipts(
  state: CrowdState,
  readers: readonly Receipt[],
  deliveredSeq = 0,
): Pick<CrowdState, "receipts" | "deliveredSeq"> {
  const receipts = { ...state.receipts };
  for (const mark of readers) {
    if (mark.seq >= (receipts[mark.user_id]?.seq ?? 0)) receipts[mark.user_id] = mark;
  }
  return { receipts, deliveredSeq: Math.max(state.deliveredSeq, deliveredSeq) };
}

function withPoll(polls: readonly Poll[], poll: Poll): readonly Poll[] {
  const others = polls.filter((known) => known.id !== poll.id);
  if (poll.status === "open") return [...others, poll];
  const over = [...others.filter((known) => known.status !== "open"), poll];
  return [...over.slice(-RECENT_POLLS), ...others.filter((known) => known.status === "open")];
}

function withTotals(polls: readonly Poll[], totals: PollTotals): readonly Poll[] {
  return polls.map((poll) => {
    if (poll.id !== totals.poll_id) return poll;
    const votes = new Map(totals.options?.map((option) => [option.id, option.votes]));
    const options = poll.options.map((option) => {
      const count = votes.get(option.id);
      return count === undefined ? option : { ...option, votes: count };
    });
    return { ...poll, voters: totals.voters, options };
  });
}

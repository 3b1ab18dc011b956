/**
 * The assistant's part of the fold: answers that are being written, and questions that ended without one. The answer
 * itself is a message like any other, and the message is what counts: a draft is only what was heard of it so far.
 */
import type { Frame } from "./frame.ts";
import type { AssistantAnswered, AssistantDelta, Message } from "./wire.ts";

/** An answer while it is written. */
export interface Draft {
  readonly questionId: string;
  /** The thread it will stand in. */
  readonly parentId: string;
  readonly text: string;
  /** Characters heard up to here, counted as the server does. */
  readonly length: number;
  /** False when a piece was missed: the text has holes until the message comes. */
  readonly whole: boolean;
}

export interface AssistantState {
  /** In the order in which they began. */
  readonly drafts: readonly Draft[];
  /** Questions that ended without an answer, by the message that asked. */
  readonly unanswered: Readonly<Record<string, AssistantAnswered>>;
  /** Questions that are over, the latest last: a piece that comes late begins nothing anew. */
  readonly over: readonly string[];
}

/** Answers written at once in one room; of more, the oldest is heard of again with its message. */
export const MOST_DRAFTS = 8;
/** Characters of one draft; messages are shorter. */
export const DRAFT_CHARACTERS = 16_000;
const MOST_OVER = 100;
const MOST_UNANSWERED = 100;
const HOLE = "…";

export const quietAssistant: AssistantState = { drafts: [], unanswered: {}, over: [] };

/** What a snapshot says anew: pieces heard before it are not continued, its messages are answers that came. */
export function assistantOf(
  state: AssistantState,
  messages: readonly Message[],
): Pick<AssistantState, "drafts" | "over"> {
  const asked = messages.flatMap((message) => message.assistant?.question_id ?? []);
  return { drafts: [], over: bounded([...new Set([...state.over, ...asked])]) };
}

/** Undefined for what says nothing about the assistant. */
export function foldAssistant(state: AssistantState, frame: Frame): AssistantState | undefined {
  switch (frame.type) {
    case "assistant.delta":
      return heard(state, frame.data);
    case "assistant.answered":
      return ended(state, frame.data);
    case "message.created":
    case "message.released": {
      const questionId = frame.data.message.assistant?.question_id;
      return questionId === undefined ? undefined : over(state, questionId);
    }
    default:
      return undefined;
  }
}

function heard(state: AssistantState, piece: AssistantDelta): AssistantState {
  if (state.over.includes(piece.question_id)) return state;
  const known = state.drafts.find((draft) => draft.questionId === piece.question_id);
  const next = written(known, piece);
  if (next === known) return state;
  const drafts = known ? state.drafts.map((draft) => (draft === known ? next : draft)) : [...state.drafts, next];
  return { ...state, drafts: drafts.slice(-MOST_DRAFTS) };
}

function written(known: Draft | undefined, piece: AssistantDelta): Draft {
  const { question_id: questionId, parent_id: parentId, offset } = piece;
  const characters = [...piece.text];
  const end = offset + characters.length;
  // It was begun anew, or this is the first that is heard of it.
  if (!known || offset === 0) {
    const whole = offset === 0;
    return kept({ questionId, parentId, text: whole ? piece.text : HOLE + piece.text, length: end, whole });
  }
  if (end <= known.length) return known;
  if (offset > known.length) return kept({ ...known, text: `${known.text} ${HOLE} ${piece.text}`, length: end, whole: false });
  // What was heard already is not said twice.
  return kept({ ...known, text: known.text + characters.slice(known.length - offset).join(""), length: end });
}

function kept(draft: Draft): Draft {
  if (draft.text.length <= DRAFT_CHARACTERS) return draft;
  return { ...draft, text: draft.text.slice(0, DRAFT_CHARACTERS), whole: false };
}

function ended(state: AssistantState, end: AssistantAnswered): AssistantState {
  const next = over(state, end.question_id);
  if (end.outcome === "answered") return next;
  const others = Object.entries(next.unanswered).filter(([id]) => id !== end.message_id);
  return { ...next, unanswered: Object.fromEntries([...others, [end.message_id, end] as const].slice(-MOST_UNANSWERED)) };
}

function over(state: AssistantState, questionId: string): AssistantState {
  if (state.over.at(-1) === questionId && !state.drafts.some((draft) => draft.questionId === questionId)) return state;
  return {
    ...state,
    drafts: state.drafts.filter((draft) => draft.questionId !== questionId),
    over: bounded([...state.over.filter((id) => id !== questionId), questionId]),
  };
}

function bounded(over: readonly string[]): readonly string[] {
  return over.slice(-MOST_OVER);
}

/** What the room shows and says of the assistant: what its words go by, what it is at, and why it did not answer. Pure. */
import type { AssistantAnswered, Citation, Draft, Entry, LiveEvent, Mention, Message, Remark, RoomState } from "@grandstand/client";
import { plural } from "./clock.ts";
import type { Named } from "./mentions.ts";

/** The user id the house itself speaks by. */
export const ASSISTANT_ID = "assistant";
/** What one writes to ask it, whatever its name is here. */
export const ASSISTANT_NAMED: Named = { id: ASSISTANT_ID, name: "assistant" };
/** Answers under way that are shown at once. */
const SHOWN = 4;

/** An answer on its way: what was heard of it, or only that it is being written. */
export interface Answering {
  readonly key: string;
  readonly parentId: string;
  readonly draft?: Draft;
}

/** A replay may begin in a time that knew of no assistant. */
export function answers(event: LiveEvent | undefined): boolean {
  return event?.settings.assistant?.answers ?? false;
}

/** Whether these words ask the assistant something. */
export function asks(text: string): boolean {
  return /(?<![\p{L}\p{N}])@assistant(?![\p{L}\p{N}])/iu.test(text);
}

/** The text made a question to the assistant, with the caret at its end; what asks it already stays as it is. */
export function asked(text: string): string {
  return asks(text) ? text : `@assistant ${text.trimStart()}`;
}

/** The people a message names, and the assistant, whom one asks by a name of its own. */
export function namedIn(message: Message, event: LiveEvent | undefined): readonly Mention[] {
  const named = message.mentions ?? [];
  if (!answers(event) || !asks(message.text) || named.some((one) => one.user_id === ASSISTANT_ID)) return named;
  return [...named, { user_id: ASSISTANT_ID, name: "assistant" }];
}

/** In one thread, or in the whole room. The row of somebody typing becomes the row of the draft. */
export function answering(state: Pick<RoomState, "drafts" | "typing">, threadId?: string): Answering[] {
  const found: Answering[] = [];
  const counts = new Map<string, number>();
  const put = (parentId: string, draft?: Draft): void => {
    if (threadId !== undefined && parentId !== threadId) return;
    const nth = counts.get(parentId) ?? 0;
    counts.set(parentId, nth + 1);
    found.push({ key: `answering:${parentId}:${nth}`, parentId, ...(draft && { draft }) });
  };
  for (const draft of state.drafts) put(draft.parentId, draft);
  for (const thread of state.typing.threads) {
    const writes = thread.users.some((user) => user.id === ASSISTANT_ID);
    if (writes && !counts.has(thread.parent_id)) put(thread.parent_id);
  }
  return found.slice(0, SHOWN);
}

/** Where the words come from, as a hint beside them. */
export function sourceText(remark: Remark): { short: string; long: string } {
  return remark.by === "facts"
    ? { short: "By facts", long: "Put together from the record of this event, without a model" }
    : { short: "By model", long: "Written by a language model and checked against the record of this event" };
}

/** What to keep in mind when reading it; empty when the state is current. */
export function stateText(remark: Remark): string {
  if (remark.state === "stale") return "The feed has been quiet for a while: this may be out of date.";
  return remark.state === "unknown" ? "This is not known here." : "";
}

const OCCASIONS: Record<string, string> = {
  goal: "Goal",
  own_goal: "Own goal",
  card: "Card",
  red_card: "Red card",
  period_start: "Under way",
  period_end: "End of period",
  lead_change: "Lead change",
  milestone: "Milestone",
  close_finish: "Close finish",
  statistic: "In figures",
  result: "Final result",
  recap: "What happened",
  summary: "Summary",
};

/** What gave cause for words of its own. */
export function occasionText(remark: Remark): string {
  const occasion = remark.occasion ?? (remark.kind === "summary" ? "summary" : "");
  const plain = occasion.replaceAll(/[-_.]+/g, " ").trim();
  return OCCASIONS[occasion] ?? (plain ? plain.charAt(0).toUpperCase() + plain.slice(1) : "Update");
}

/** Why nothing was answered, said kindly under the question. */
export function unansweredText({ outcome, reason }: AssistantAnswered): string {
  switch (reason) {
    case "budget":
      return "The assistant has answered as much as it may for now. Try again later.";
    case "overloaded":
    case "open":
    case "rate_limited":
      return "The assistant has too much to do right now. Try again in a little while.";
    case "timeout":
      return "The assistant took too long to find an answer. You may ask again.";
    case "unavailable":
    case "rubbish":
    case "cut":
    case "unfounded":
      return "The assistant found no answer that holds. You may ask again.";
    case "interrupted":
      return "The assistant was interrupted. You may ask again.";
    case "disabled":
    case "off":
      return "The assistant does not answer this here.";
  }
  return outcome === "refused" ? "The assistant can't answer this one." : "The assistant found no answer this time. You may ask again.";
}

/** What a screen reader is told when a question of mine is at its end. */
export function spokenEnd(end: AssistantAnswered, answer: Message | undefined): string {
  if (answer) return `${answer.author.name} answers: ${answer.text}`;
  return end.outcome === "answered" ? "The assistant has answered." : unansweredText(end);
}

/** What a citation leads to. */
export type Cited =
  | { kind: "message"; id: string }
  | { kind: "incident"; id: string }
  | { kind: "board" }
  | { kind: "polls" }
  | { kind: "nowhere" };

export function citedBy(entry: Entry | undefined): Cited {
  switch (entry?.type) {
    case "message.created":
    case "message.released":
    case "message.updated":
      return { kind: "message", id: entry.data.message.id };
    case "incident.recorded":
    case "incident.corrected":
      return { kind: "incident", id: entry.data.incident.id };
    case "score.changed":
      return entry.data.incident_id === undefined ? { kind: "board" } : { kind: "incident", id: entry.data.incident_id };
    case "clock.changed":
    case "contest.changed":
    case "event.started":
    case "event.paused":
    case "event.resumed":
    case "event.ended":
    case "event.updated":
    case "event.cancelled":
      return { kind: "board" };
    case "poll.opened":
    case "poll.changed":
    case "poll.closed":
      return { kind: "polls" };
    default:
      return { kind: "nowhere" };
  }
}

/** The whole name of a chip; its text alone may be cut. */
export function citationName(citation: Citation): string {
  return `Source: ${citation.label}. Go to the entry`;
}

export function citationsName(count: number): string {
  return `${plural(count, "source")} of this answer`;
}

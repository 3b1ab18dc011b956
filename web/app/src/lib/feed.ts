/**
 * What the chat column shows, top to bottom: messages, the contest's big moments between them, and at the end
 * what is still on its way: answers that are being written, and what I have written.
 */
import type { Incident, Message, Outgoing } from "@grandstand/client";
import type { Answering } from "./assistant.ts";

export type Row =
  | { kind: "message"; key: string; message: Message; joined: boolean }
  | { kind: "incident"; key: string; incident: Incident }
  | { kind: "answering"; key: string; answering: Answering }
  | { kind: "outgoing"; key: string; outgoing: Outgoing };

/** Messages of one author this close together share one heading. */
const JOIN_MS = 4 * 60_000;

/** Cards for a yellow or substitutions are in the timeline; between messages they would be noise. */
export function isMoment(incident: Incident): boolean {
  if (incident.type === "card") return incident.color !== "yellow";
  return incident.type !== "substitution";
}

export function feedRows(
  messages: readonly Message[],
  incidents: readonly Incident[],
  outgoing: readonly Outgoing[],
  mixed = true,
  answering: readonly Answering[] = [],
): Row[] {
  const rows: Row[] = [];
  // Moments older than the oldest message shown belong to history not loaded.
  const from = messages[0]?.created_at ?? "";
  const moments = incidents.filter((one) => isMoment(one) && one.at >= from);
  let next = 0;
  let before: Message | undefined;
  for (const message of messages) {
    for (let moment = moments[next]; moment && moment.at < message.created_at; ) {
      rows.push(incidentRow(moment));
      before = undefined;
      moment = moments[++next];
    }
    rows.push(messageRow(message, before !== undefined && joins(before, message, mixed)));
    before = message;
  }
  for (const moment of moments.slice(next)) rows.push(incidentRow(moment));
  for (const one of answering) rows.push({ kind: "answering", key: one.key, answering: one });
  for (const item of outgoing) {
    rows.push({ kind: "outgoing", key: `out:${item.clientId}`, outgoing: item });
  }
  return rows;
}

/** `mixed`: a reply stands alone among messages that answer something else, but not within its own thread. */
function joins(before: Message, message: Message, mixed: boolean): boolean {
  return (
    before.author.id === message.author.id &&
    // What the assistant says has its own grounds each time.
    !message.assistant &&
    (mixed ? message.parent_id === undefined : message.parent_id === before.parent_id) &&
    before.status === "active" &&
    message.status === "active" &&
    Date.parse(message.created_at) - Date.parse(before.created_at) < JOIN_MS
  );
}

// Rows of unchanged messages stay the same object, so that drawing can skip them.
const rowsOf = new WeakMap<Message, Row[]>();

function messageRow(message: Message, joined: boolean): Row {
  const known = rowsOf.get(message) ?? [];
  const at = joined ? 1 : 0;
  const row: Row = known[at] ?? { kind: "message", key: message.id, message, joined };
  known[at] = row;
  rowsOf.set(message, known);
  return row;
}

function incidentRow(incident: Incident): Row {
  return { kind: "incident", key: incident.id, incident };
}

/** What the record of decisions and the list of sanctions say. Pure. */
import type { Decision, Sanction } from "@grandstand/client";
import { untilText } from "./clock.ts";

const ACTIONS: Record<Decision["action"], string> = {
  "message.released": "Released a message",
  "message.rejected": "Turned a message down",
  "message.hidden": "Hid a message",
  "message.restored": "Showed a message again",
  "message.held": "Held a message",
  "message.masked": "Masked words in a message",
  "message.blocked": "Blocked a message",
  "message.shadowed": "Kept a message to its author",
  "sanction.given": "Gave a sanction",
  "sanction.lifted": "Lifted a sanction",
  "sanction.recognised": "Knew somebody banned again",
  "appeal.upheld": "Left a decision as it was",
  "appeal.overturned": "Took a decision back",
  "rules.changed": "Changed the rules",
  "raid.started": "Called out a raid",
  "raid.ended": "Ended a raid",
};

const KINDS: Record<Sanction["kind"], string> = {
  mute: "Muted",
  timeout: "Timeout",
  ban: "Banned",
  shadow_ban: "Shadow-banned",
};

export function decisionText(decision: Decision): string {
  const code = decision.code?.replaceAll(/[-_]/g, " ");
  return code ? `${ACTIONS[decision.action]} (${code})` : ACTIONS[decision.action];
}

export function sanctionText(sanction: Sanction, nowMs: number): string {
  const ends = sanction.until_at === undefined ? "until it is lifted" : `ends ${untilText(Date.parse(sanction.until_at), nowMs) || "now"}`;
  return `${KINDS[sanction.kind]}, ${ends}`;
}

/** What is said of personas and of sessions with them. Pure. */
import type { Persona, PersonaSession, PersonaSheet } from "@grandstand/client";
import { plural } from "./clock.ts";

/** A sheet with everything said that the server would otherwise fill in. */
export type FullSheet = PersonaSheet & Required<Pick<PersonaSheet, "goals" | "language" | "pace" | "turns_most" | "minutes_most">>;

export const MOST_CRITERIA = 10;
export const MOST_GOALS = 10;

/** What the form for a new persona begins with. */
export function blankSheet(): FullSheet {
  return {
    name: "",
    character: "",
    scenario: "",
    goals: [],
    criteria: [{ name: "", looks_for: "", max: 10 }],
    language: "en",
    pace: { slowest: 12, fastest: 30 },
    turns_most: 30,
    minutes_most: 30,
  };
}

/** What the form of a persona begins with. */
export function sheetOf(persona: Persona | undefined): FullSheet {
  return structuredClone({ ...blankSheet(), ...persona?.sheet });
}

/** The sheet as it is sent: without what was left empty. */
export function tidied(sheet: FullSheet): PersonaSheet {
  const { avatar_url: url, ...rest } = sheet;
  const goals = sheet.goals.map((goal) => goal.trim()).filter((goal) => goal !== "");
  const criteria = sheet.criteria.filter((one) => one.name.trim() !== "" || one.looks_for.trim() !== "");
  return { ...rest, goals, criteria, ...(url?.trim() ? { avatar_url: url.trim() } : {}) };
}

/** "Over, 17 of 20 points" */
export function statusText(session: PersonaSession): string {
  switch (session.status) {
    case "open":
      return `${session.turns} of ${plural(session.turns_most, "answer")}`;
    case "scoring":
      return "Over; the score sheet is being written";
    case "scored":
      return session.score ? `${session.score.total} of ${plural(session.score.max, "point")}` : "Over";
    default:
      return "Over; it could not be scored";
  }
}

/** Why there is no score sheet, said kindly. */
export function unscoredText(reason: string | undefined): string {
  switch (reason) {
    case "budget":
      return "Nothing may be spent on scoring it for now.";
    case "timeout":
    case "overloaded":
    case "open":
    case "rate_limited":
    case "unavailable":
      return "Whoever scores it could not be reached.";
    case "empty":
    case "no_answers":
      return "Too little was said to score.";
  }
  return "It could not be scored.";
}

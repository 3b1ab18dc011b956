import type { PersonaSession } from "@grandstand/client";
import { describe, expect, it } from "vitest";
import { blankSheet, statusText, tidied, unscoredText } from "../src/lib/personas.ts";
import { routeOf } from "../src/lib/routes.ts";

const session = (change: Partial<PersonaSession>): PersonaSession => ({
  id: "evt_1",
  persona_id: "psn_1",
  persona_name: "Mr Brook",
  user_id: "usr_1",
  status: "open",
  turns: 3,
  turns_most: 30,
  started_at: "2026-06-01T18:00:00.000Z",
  ends_at: "2026-06-01T18:30:00.000Z",
  ...change,
});

describe("a session with a persona", () => {
  it("says how far it is, and how it went", () => {
    expect(statusText(session({}))).toBe("3 of 30 answers");
    expect(statusText(session({ status: "scoring" }))).toContain("being written");
    const score = { summary: "Well.", criteria: [], total: 17, max: 20 };
    expect(statusText(session({ status: "scored", score }))).toBe("17 of 20 points");
    expect(statusText(session({ status: "unscored" }))).toContain("could not be scored");
  });

  it("is told why it has no score sheet, whatever the reason is called", () => {
    for (const reason of ["timeout", "budget", "rubbish", undefined]) expect(unscoredText(reason)).not.toBe("");
  });
});

describe("the sheet of a persona", () => {
  it("is sent without what was left empty", () => {
    const sheet = { ...blankSheet(), name: "Mr Brook", avatar_url: " ", goals: ["A refund ", ""] };
    sheet.criteria.push({ name: "Tone", looks_for: "Stays calm", max: 5 });
    expect(tidied(sheet)).toMatchObject({ goals: ["A refund"], criteria: [{ name: "Tone" }] });
    expect(tidied(sheet)).not.toHaveProperty("avatar_url");
  });
});

it("personas have a page of their own", () => {
  expect(routeOf("/personas")).toEqual({ page: "personas" });
  expect(routeOf("/personas/")).toEqual({ page: "personas" });
  expect(routeOf("/personas/x")).toEqual({ page: "lost" });
});

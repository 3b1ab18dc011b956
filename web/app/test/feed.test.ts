import type { Frame, Incident, Message, RoomState } from "@grandstand/client";
import { emptyRoom } from "@grandstand/client";
import { describe, expect, it } from "vitest";
import { Announcements, SUMMARY_EVERY_MS } from "../src/lib/announce.ts";
import { hueOf, initials, safeImage } from "../src/lib/avatar.ts";
import { feedRows } from "../src/lib/feed.ts";
import { matrixOf } from "../src/lib/led.ts";
import { chipsOf, toggleKey } from "../src/lib/reactions.ts";
import { routeOf } from "../src/lib/routes.ts";

function message(minute: number, author: string, change: Partial<Message> = {}): Message {
  return {
    id: `msg_${minute}`,
    seq: minute,
    author: { id: author, name: author, badges: [] },
    text: "x",
    status: "active",
    reply_count: 0,
    pinned: false,
    reactions: [],
    created_at: `2026-06-01T18:${String(minute).padStart(2, "0")}:00.000Z`,
    ...change,
  };
}

function incident(minute: number, change: Partial<Incident> = {}): Incident {
  const at = `2026-06-01T18:${String(minute).padStart(2, "0")}:30.000Z`;
  return { id: `inc_${minute}`, type: "goal", source: "f", source_id: "1", at, corrected: false, ...change };
}

const kinds = (rows: ReturnType<typeof feedRows>): string[] => rows.map((row) => row.key);

describe("feedRows", () => {
  it("puts the contest's moments between the messages, and what I wrote last", () => {
    const outgoing = { clientId: "c", text: "me", writtenAt: "", state: "sending" as const };
    const rows = feedRows([message(1, "a"), message(3, "b")], [incident(1), incident(5)], [outgoing]);
    expect(kinds(rows)).toEqual(["msg_1", "inc_1", "msg_3", "inc_5", "out:c"]);
  });

  it("leaves out small things, and moments of a past that is not loaded", () => {
    const small = [incident(4, { type: "substitution" }), incident(5, { type: "card", color: "yellow" })];
    expect(kinds(feedRows([message(3, "a")], [incident(1), ...small], []))).toEqual(["msg_3"]);
  });

  it("joins one author's messages, but not across a moment, a reply or a long silence", () => {
    const rows = feedRows(
      [message(1, "a"), message(2, "a"), message(3, "a", { parent_id: "msg_1" }), message(4, "b"), message(20, "b"), message(21, "b")],
      [incident(20)],
      [],
    );
    const joined = rows.filter((row) => row.kind === "message" && row.joined).map((row) => row.key);
    expect(joined).toEqual(["msg_2"]);
  });

  it("keeps the row of an unchanged message", () => {
    const one = message(1, "a");
    expect(feedRows([one], [], [])[0]).toBe(feedRows([one, message(2, "b")], [], [])[0]);
  });
});

describe("chipsOf", () => {
  const one = message(1, "a", { reactions: [{ emoji: "❤", count: 3 }] });
  const toggle = (emoji: string, on: boolean, base: number) => ({ [toggleKey(one.id, emoji)]: { on, base } });
  const heart = (count: number) => ({ ...one, reactions: count ? [{ emoji: "❤", count }] : [] });

  const cases: [string, ReturnType<typeof chipsOf>, ReturnType<typeof chipsOf>][] = [
    ["as the server says", chipsOf(one, ["❤"], {}), [{ emoji: "❤", count: 3, mine: true }]],
    ["one more at once", chipsOf(one, [], toggle("❤", true, 3)), [{ emoji: "❤", count: 4, mine: true }]],
    ["not twice when the tally has it", chipsOf(heart(4), [], toggle("❤", true, 3)), [{ emoji: "❤", count: 4, mine: true }]],
    ["others may add", chipsOf(heart(9), [], toggle("❤", true, 3)), [{ emoji: "❤", count: 9, mine: true }]],
    ["one less at once", chipsOf(one, ["❤"], toggle("❤", false, 3)), [{ emoji: "❤", count: 2, mine: false }]],
    ["gone at none", chipsOf(heart(1), ["❤"], toggle("❤", false, 1)), []],
    ["a new one", chipsOf(heart(0), [], toggle("🔥", true, 0)), [{ emoji: "🔥", count: 1, mine: true }]],
  ];
  for (const [name, got, expected] of cases) it(name, () => expect(got).toEqual(expected));
});

describe("Announcements", () => {
  const room: RoomState = {
    ...emptyRoom(),
    contest: {
      kind: "football",
      participants: [{ id: "arg", name: "Argentina" }, { id: "fra", name: "France" }],
      score: [{ participant_id: "arg", points: 1 }],
      periods: [],
      clock: { running: false, elapsed_ms: 0, as_of: "" },
      incidents: [],
    },
  };
  const said = (minute: number): Frame => ({ type: "message.created", data: { message: message(minute, "b") } });

  it("counts messages, and says so only now and then", () => {
    const announcements = new Announcements();
    expect(announcements.take([said(1)], room, 1e9)).toBe("1 new message");
    expect(announcements.take([said(2), said(3)], room, 1e9 + 10)).toBeUndefined();
    expect(announcements.summary(1e9 + SUMMARY_EVERY_MS)).toBe("2 new messages");
    expect(announcements.summary(1e9 + 2 * SUMMARY_EVERY_MS)).toBeUndefined();
  });

  it("says a goal at once, with the score", () => {
    const goal = incident(3, { participant_id: "arg", player: "Messi", minute: 23 });
    const frames: Frame[] = [said(1), { type: "incident.recorded", data: { incident: goal } }];
    expect(new Announcements().take(frames, room, 1)).toBe("Goal, Messi, Argentina, 23′. Argentina 1–0 France");
  });
});

describe("small things", () => {
  it("routes", () => {
    expect(routeOf("/")).toEqual({ page: "home" });
    expect(routeOf("/e/final")).toEqual({ page: "event", slug: "final" });
    expect(routeOf("/e/a%20b/")).toEqual({ page: "event", slug: "a b" });
    for (const lost of ["/x", "/e/", "/e/a/b", "/e/%E0%A4%A"]) expect(routeOf(lost)).toEqual({ page: "lost" });
  });

  it("initials", () => {
    expect(["Ana Ruiz", "bo", "  ", "Zoë van der Berg", "🦊 fox"].map(initials)).toEqual(["AR", "B", "?", "ZB", "🦊F"]);
    expect(hueOf("gst_1")).toBe(hueOf("gst_1"));
  });

  it("only loads pictures from safe places", () => {
    expect(safeImage("https://a.example/x.png")).toBe("https://a.example/x.png");
    for (const bad of [undefined, "http://a.example/x", "javascript:alert(1)", "//a.example/x", "data:text/html,x"]) {
      expect(safeImage(bad)).toBeUndefined();
    }
  });

  it("the lamps spell a score", () => {
    const { width, dots } = matrixOf("1–0");
    expect(width).toBe(5 + 1 + 3 + 1 + 5);
    expect(dots.length).toBe(width * 7);
    expect(matrixOf("x").width).toBe(0);
  });
});

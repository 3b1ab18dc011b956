/** What of the lobby is shown, and what notifications say. */
import type { LiveEvent, LobbyEvent, Notice } from "@grandstand/client";
import { describe, expect, it } from "vitest";
import { asLobbyEvent, kindsOf, searchOf, wanted, wishOf, type LobbyWish } from "../src/lib/lobby-filter.ts";
import { agoText, noticePath, noticeTitle } from "../src/lib/notice-words.ts";

const event = {
  id: "evt_1",
  title: "Quarter final",
  kind: "football",
  participants: [
    { id: "sao", name: "São Paulo", short_name: "SAO" },
    { id: "ajax", name: "Ajax" },
  ],
} as LobbyEvent;
const wish = (change: Partial<LobbyWish> = {}): LobbyWish => ({ when: "all", kind: "", text: "", ...change });

describe("looking for an event", () => {
  const cases: [Partial<LobbyWish>, boolean][] = [
    [{}, true],
    [{ text: "final" }, true],
    [{ text: "sao ajax" }, true],
    [{ text: "  QUARTER  sao " }, true],
    [{ text: "porto" }, false],
    [{ text: "final porto" }, false],
    [{ kind: "football", text: "ajax" }, true],
    [{ kind: "tennis" }, false],
  ];
  for (const [change, found] of cases) {
    it(`${JSON.stringify(change)} ${found ? "finds" : "does not find"} it`, () => expect(wanted(event, wish(change))).toBe(found));
  }

  it("is written in the address, and read from it again", () => {
    expect(searchOf(wish())).toBe("");
    const full = wish({ when: "live", kind: "mma", text: "a & b" });
    expect(wishOf(searchOf(full))).toEqual(full);
    expect(wishOf("?when=yesterday")).toEqual(wish());
  });

  it("offers the kinds there are", () => {
    expect(kindsOf([event, { ...event, kind: "draw" }, event])).toEqual(["draw", "football"]);
  });

  it("an event of the list looks like one of the lobby", () => {
    const listed = { ...event, slug: "qf", status: "completed", scheduled_at: "2026-06-01T18:00:00.000Z", created_at: "x" };
    const line = asLobbyEvent(listed as unknown as LiveEvent);
    expect(line).toMatchObject({ slug: "qf", starts_at: listed.scheduled_at, viewers: { connections: 0, users: 0 } });
    expect("ended_at" in line).toBe(false);
  });
});

describe("a notification", () => {
  const by = { id: "ben", name: "Ben", badges: [] };
  const notice = (kind: Notice["kind"], change: Partial<Notice> = {}): Notice => ({
    ...{ id: "ntf_1", kind, text: "", created_at: "2026-06-01T18:00:00.000Z", by },
    event: { id: "evt_1", slug: "cup final", title: "Cup final" },
    ...change,
  });

  it("says what happened and where", () => {
    expect(noticeTitle(notice("mention"))).toBe("Ben mentioned you in Cup final");
    expect(noticeTitle(notice("reply"))).toBe("Ben answered you in Cup final");
    expect(noticeTitle(notice("event-started"))).toBe("Cup final has started");
    const { by: _nobody, event: _nowhere, ...bare } = notice("mention");
    expect(noticeTitle(bare)).toBe("Somebody mentioned you");
  });

  it("leads to its message, its event, or nowhere", () => {
    expect(noticePath(notice("reply", { message_id: "msg_1" }))).toBe("/e/cup%20final?message=msg_1");
    expect(noticePath(notice("event-ended"))).toBe("/e/cup%20final");
    const { event: _nowhere, ...bare } = notice("system");
    expect(noticePath(bare)).toBeUndefined();
  });

  it("is so old", () => {
    const at = "2026-06-01T18:00:00.000Z";
    const later = (seconds: number): string => agoText(at, Date.parse(at) + seconds * 1_000);
    expect([later(-5), later(20), later(200), later(7_300)]).toEqual(["just now", "just now", "3 min ago", "2 h ago"]);
    expect(later(90_000)).toContain("1");
  });
});

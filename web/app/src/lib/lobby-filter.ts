/** What of the lobby somebody wants to see, and how that is written in the address. Pure. */
import type { LiveEvent, LobbyEvent } from "@grandstand/client";
import { plain } from "./mentions.ts";

export type When = "all" | "live" | "next" | "over";

export interface LobbyWish {
  when: When;
  kind: string;
  text: string;
}

export const WHENS: readonly { id: When; label: string }[] = [
  { id: "all", label: "All" },
  { id: "live", label: "Live" },
  { id: "next", label: "Next" },
  { id: "over", label: "Ended" },
];

export function wishOf(search: string): LobbyWish {
  const asked = new URLSearchParams(search);
  const when = WHENS.find((one) => one.id === asked.get("when"))?.id ?? "all";
  return { when, kind: asked.get("kind") ?? "", text: asked.get("q") ?? "" };
}

export function searchOf(wish: LobbyWish): string {
  const asked = new URLSearchParams();
  if (wish.when !== "all") asked.set("when", wish.when);
  if (wish.kind !== "") asked.set("kind", wish.kind);
  if (wish.text.trim() !== "") asked.set("q", wish.text.trim());
  return asked.size > 0 ? `?${asked}` : "";
}

/** Every word must be found, in the title or among those who play. */
export function wanted(event: LobbyEvent, wish: LobbyWish): boolean {
  if (wish.kind !== "" && event.kind !== wish.kind) return false;
  const words = plain(wish.text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const names = event.participants.map((one) => `${one.name} ${one.short_name ?? ""}`);
  const said = plain([event.title, ...names].join(" "));
  return words.every((word) => said.includes(word));
}

export function kindsOf(events: Iterable<LobbyEvent>): string[] {
  return [...new Set([...events].map((event) => event.kind))].sort();
}

/** An event of the list as the lobby would tell of it, without what only the lobby knows. */
export function asLobbyEvent(event: LiveEvent): LobbyEvent {
  const { id, slug, title, kind, status, participants, featured, demo, created_at } = event;
  return {
    ...{ id, slug, title, kind, status, participants, featured, demo },
    starts_at: event.scheduled_at,
    ...(event.started_at === undefined ? {} : { started_at: event.started_at }),
    ...(event.ended_at === undefined ? {} : { ended_at: event.ended_at }),
    viewers: { connections: 0, users: 0 },
    changed_at: created_at,
  };
}

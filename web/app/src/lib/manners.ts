/** How a room behaves, as the event's settings say it, and what that means for the person who wants to write. Pure. */
import type { LiveEvent, Message, Outgoing, Role, RoomSettings, Typing, User } from "@grandstand/client";
import { plural } from "./clock.ts";

const CALM: RoomSettings = {
  slow_mode_seconds: 0,
  members_only: false,
  emoji_only: false,
  unique_messages: false,
  links: "everybody",
  min_account_age_seconds: 0,
  locked: false,
  hold_messages: false,
  hold_seconds: 0,
  receipts: "auto",
  typing: true,
};

export function roomSettings(event: LiveEvent | undefined): RoomSettings {
  return { ...CALM, ...event?.settings };
}

export function isStaff(role: Role): boolean {
  return role === "moderator" || role === "host" || role === "admin";
}

export function mayHost(role: Role): boolean {
  return role === "host" || role === "admin";
}

export function spanText(seconds: number): string {
  if (seconds % 86_400 === 0) return plural(seconds / 86_400, "day");
  if (seconds % 3_600 === 0) return plural(seconds / 3_600, "hour");
  if (seconds % 60 === 0) return plural(seconds / 60, "minute");
  return plural(seconds, "second");
}

/** What everybody should know before writing, shortest form. */
export function banners(settings: RoomSettings): string[] {
  const { slow_mode_seconds: slow, min_account_age_seconds: age } = settings;
  return [
    settings.locked && "The room is locked: staff only",
    slow > 0 && `Slow mode: one message every ${spanText(slow)}`,
    settings.members_only && "Members only",
    settings.emoji_only && "Emoji only",
    settings.unique_messages && "Nothing twice",
    settings.links === "members" && "Links from members only",
    settings.links === "staff" && "No links",
    settings.hold_messages && "A moderator reads first",
    age > 0 && `Accounts older than ${spanText(age)}`,
  ].filter((text) => text !== false);
}

/** Why somebody of that role can't write at all; empty when they can. */
export function shutOut(settings: RoomSettings, role: Role): string {
  if (isStaff(role)) return "";
  if (settings.locked) return "The room is locked for now. You can still read.";
  if (settings.members_only && role === "viewer") return "Only members write here for now.";
  return "";
}

/** Until when slow mode holds somebody back who spoke last then, by the server's clock. */
export function slowUntil(settings: RoomSettings, role: Role, lastSaidAt: string | undefined): number {
  if (isStaff(role) || settings.slow_mode_seconds === 0 || lastSaidAt === undefined) return 0;
  return Date.parse(lastSaidAt) + settings.slow_mode_seconds * 1_000;
}

/** When I spoke last; what was accepted and is not shown yet counts as well. */
export function lastSaid(
  messages: readonly Message[],
  outgoing: readonly Outgoing[],
  me: string | undefined,
): string | undefined {
  const shown = messages.findLast((message) => message.author.id === me)?.created_at;
  const accepted = outgoing.findLast((item) => item.state === "accepted")?.writtenAt;
  return shown === undefined || (accepted !== undefined && accepted > shown) ? accepted : shown;
}

/** "Ana, Bo and 3 others are typing"; who reads leaves themselves out. */
export function typingText(typing: Typing, me: string | undefined, parentId?: string): string {
  const here = parentId === undefined ? typing : typing.threads.find((thread) => thread.parent_id === parentId);
  if (!here) return "";
  const names = here.users.filter((user: User) => user.id !== me).map((user) => user.name);
  const shown = names.slice(0, 3);
  const others = here.others + names.length - shown.length;
  if (shown.length === 0) return "";
  const last = others > 0 ? plural(others, "other") : shown.length > 1 ? (shown.pop() ?? "") : "";
  const text = last ? `${shown.join(", ")} and ${last}` : shown.join(", ");
  return `${text} ${shown.length + others > 1 || last ? "are" : "is"} typing`;
}

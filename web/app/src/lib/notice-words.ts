/** What a notification says, and where it leads. Pure. */
import type { Notice } from "@grandstand/client";
import { messagePath } from "./places.ts";

export function noticeTitle(notice: Notice): string {
  const who = notice.by?.name ?? "Somebody";
  const where = notice.event?.title ?? "";
  switch (notice.kind) {
    case "mention":
      return `${who} mentioned you${where && ` in ${where}`}`;
    case "reply":
      return `${who} answered you${where && ` in ${where}`}`;
    case "event-started":
      return `${where || "An event"} has started`;
    case "event-ended":
      return `${where || "An event"} is over`;
    case "appeal-decided":
      return `Your appeal was decided${where && ` in ${where}`}`;
    default:
      return where || "News from the house";
  }
}

/** Undefined when there is nothing to go to. */
export function noticePath(notice: Notice): string | undefined {
  return notice.event && messagePath(notice.event.slug, notice.message_id);
}

/** Longer ago than a day is a date. */
export function agoText(at: string, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(at)) / 1_000));
  if (seconds < 60) return "just now";
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return new Date(at).toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

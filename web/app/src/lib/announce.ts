/**
 * What a screen reader is told. A chat read out line by line is noise at ten messages a second, so messages are
 * only counted, a few times a minute; the contest's moments are said at once, and so is the answer to a question of mine:
 * once, as a whole, and not while it is being written.
 */
import { type Frame, type RoomState } from "@grandstand/client";
import { spokenEnd } from "./assistant.ts";
import { plural } from "./clock.ts";
import { spokenIncident } from "./words.ts";

export const SUMMARY_EVERY_MS = 12_000;

export class Announcements {
  #messages = 0;
  #lastSummaryAt = 0;

  /** Takes frames already folded into `room`; returns what to say now, if anything. */
  take(frames: readonly Frame[], room: RoomState, nowMs: number): string | undefined {
    const urgent: string[] = [];
    for (const frame of frames) {
      switch (frame.type) {
        case "message.created":
        case "message.released":
          if (frame.data.message.author.id !== room.user?.id) this.#messages += 1;
          break;
        case "incident.recorded":
          if (room.contest) urgent.push(spokenIncident(room.contest, frame.data.incident));
          break;
        case "incident.retracted":
          urgent.push("An earlier update was taken back.");
          break;
        case "assistant.answered": {
          const { message_id: asked, answer_id: answer } = frame.data;
          const mine = room.messages.find((message) => message.id === asked)?.author.id;
          if (mine === undefined || mine !== room.user?.id) break;
          urgent.push(spokenEnd(frame.data, room.messages.find((message) => message.id === answer)));
          break;
        }
        case "event.started":
          urgent.push("The event has started.");
          break;
        case "event.ended":
          urgent.push("The event has ended.");
          break;
      }
    }
    if (urgent.length > 0) return urgent.slice(-3).join(". ");
    return this.summary(nowMs);
  }

  /** How many messages came since it was last said, unless that was a moment ago. */
  summary(nowMs: number): string | undefined {
    if (this.#messages === 0 || nowMs - this.#lastSummaryAt < SUMMARY_EVERY_MS) return undefined;
    const text = plural(this.#messages, "new message");
    this.#messages = 0;
    this.#lastSummaryAt = nowMs;
    return text;
  }
}

/** The session with a persona that a room is for, if it is for one: how far it is, ending it, and how it was scored. */
import { ProblemError, type Frame, type PersonaSession } from "@grandstand/client";
import { session } from "./session.svelte.ts";

export class Sitting {
  now = $state.raw<PersonaSession | undefined>();
  #asked: string | undefined;

  /** Asks once whether this event is a session, and again with `anew`. */
  async look(eventId: string, anew = false): Promise<void> {
    if (!session.user || (this.#asked === eventId && !anew)) return;
    this.#asked = eventId;
    try {
      this.now = await session.api.personas.session(eventId);
    } catch (error) {
      // Most rooms are no session at all. What was known stays on show when only the network is down.
      if (error instanceof ProblemError) this.now = undefined;
    }
  }

  async end(): Promise<void> {
    if (this.now) this.now = await session.api.personas.end(this.now.id);
  }

  notice(frame: Frame): void {
    if (!this.now) return;
    const answered = frame.type === "message.created" && frame.data.message.author.id !== this.now.user_id;
    if (answered || frame.type === "event.ended" || frame.type === "session.scored") void this.look(this.now.id, true);
  }
}

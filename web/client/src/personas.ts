/** Personas: characters a model plays, and conversations with them in rooms of their own. */
import type { Caller } from "./caller.ts";
import type { Page, Persona, PersonaSession, PersonaSheet } from "./wire.ts";

export class PersonasApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  list(query: { limit?: number; after?: string } = {}): Promise<Page<Persona>> {
    return this.#caller.call("GET", "/v1/personas", { query });
  }

  // Hosts

  create(sheet: PersonaSheet): Promise<Persona> {
    return this.#caller.call("POST", "/v1/personas", { body: sheet });
  }

  /** Takes the whole of it; sessions that are open go on as they began. */
  rewrite(personaId: string, sheet: PersonaSheet): Promise<Persona> {
    return this.#caller.call("PUT", persona(personaId), { body: sheet });
  }

  /** Sessions with it go on; nobody begins a new one. */
  remove(personaId: string): Promise<void> {
    return this.#caller.call("DELETE", persona(personaId));
  }

  // Sessions; the room of one is the event of the same id

  begin(personaId: string): Promise<PersonaSession> {
    return this.#caller.call("POST", `${persona(personaId)}/sessions`);
  }

  /** Mine, the latest first. */
  sessions(query: { limit?: number; after?: string } = {}): Promise<Page<PersonaSession>> {
    return this.#caller.call("GET", "/v1/me/sessions", { query });
  }

  session(sessionId: string): Promise<PersonaSession> {
    return this.#caller.call("GET", session(sessionId));
  }

  /** Ends it and has it scored; again, where scoring failed. */
  end(sessionId: string): Promise<PersonaSession> {
    return this.#caller.call("POST", `${session(sessionId)}/end`, { repeatable: true });
  }
}

function persona(id: string): string {
  return `/v1/personas/${encodeURIComponent(id)}`;
}

function session(id: string): string {
  return `/v1/sessions/${encodeURIComponent(id)}`;
}

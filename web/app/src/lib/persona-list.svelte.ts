/** The personas one may talk with, and my sessions; both lists are the server's. */
import type { Persona, PersonaSession, PersonaSheet } from "@grandstand/client";
import { session } from "./session.svelte.ts";
import { refusalText } from "./words.ts";

const PAGE = 50;

export class PersonaList {
  personas = $state.raw<readonly Persona[]>([]);
  sessions = $state.raw<readonly PersonaSession[]>([]);
  loaded = $state(false);
  busy = $state(false);
  problem = $state("");
  #cursor = $state<string | undefined>();

  get morePersonas(): boolean {
    return this.#cursor !== undefined;
  }

  /** For whoever is signed in; nobody else has any. */
  async load(): Promise<void> {
    this.personas = [];
    this.sessions = [];
    this.#cursor = undefined;
    if (!session.user) return;
    await this.#attempt(async () => {
      const [personas, sessions] = await Promise.all([
        session.api.personas.list({ limit: PAGE }),
        session.api.personas.sessions({ limit: PAGE }),
      ]);
      this.personas = personas.items;
      this.#cursor = personas.next_cursor;
      this.sessions = sessions.items;
    });
    this.loaded = true;
  }

  async loadMore(): Promise<void> {
    const after = this.#cursor;
    if (after === undefined) return;
    await this.#attempt(async () => {
      const page = await session.api.personas.list({ limit: PAGE, after });
      this.personas = [...this.personas, ...page.items];
      this.#cursor = page.next_cursor;
    });
  }

  /** Undefined when it was refused; `problem` says why. */
  begin(persona: Persona): Promise<PersonaSession | undefined> {
    return this.#attempt(() => session.api.personas.begin(persona.id));
  }

  /** Throws what the form says beside its fields. */
  async save(persona: Persona | undefined, sheet: PersonaSheet): Promise<void> {
    const { personas } = session.api;
    const saved = persona ? await personas.rewrite(persona.id, sheet) : await personas.create(sheet);
    const at = this.personas.findIndex((one) => one.id === saved.id);
    this.personas = at < 0 ? [saved, ...this.personas] : this.personas.with(at, saved);
  }

  async remove(persona: Persona): Promise<void> {
    await session.api.personas.remove(persona.id);
    this.personas = this.personas.filter((one) => one.id !== persona.id);
  }

  async #attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    this.busy = true;
    this.problem = "";
    try {
      return await action();
    } catch (error) {
      this.problem = refusalText(error);
      return undefined;
    } finally {
      this.busy = false;
    }
  }
}

/** The list of names over a field while somebody is being named in it: who is offered, and who was meant. */
import { candidates, mentionAt, stillNamed, type Named } from "./mentions.ts";

interface Sources {
  /** Whoever is close at hand, best first; asked anew at each look. */
  near: () => readonly Named[];
  /** Everybody else, asked for once each time a name begins. */
  present: () => Promise<readonly Named[]>;
  me: () => string | undefined;
}

export class Naming {
  picked = $state(0);
  #token = $state<string | undefined>();
  #present = $state.raw<readonly Named[]>([]);
  #meant: Named[] = [];
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** Those offered now; empty when nobody is being named. */
  get offered(): Named[] {
    if (this.#token === undefined) return [];
    return candidates(this.#token, [...this.#sources.near(), ...this.#present], this.#sources.me());
  }

  /** The text or the caret moved. */
  async look(text: string, caret: number | undefined): Promise<void> {
    const before = this.#token;
    this.#token = caret === undefined ? undefined : mentionAt(text, caret);
    if (this.#token === before) return;
    this.picked = 0;
    if (this.#token !== undefined && before === undefined) this.#present = await this.#sources.present().catch(() => []);
  }

  close(): void {
    this.#token = undefined;
  }

  move(step: number): void {
    const count = this.offered.length;
    this.picked = (this.picked + step + count) % count;
  }

  chose(who: Named): void {
    this.#meant.push(who);
    this.close();
  }

  /** Whom this text names of those who were chosen. */
  named(text: string): string[] {
    return stillNamed(text, this.#meant);
  }

  forget(): void {
    this.#meant = [];
  }
}

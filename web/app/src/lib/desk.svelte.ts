/**
 * What waits for the people who keep order: reports and appeals, and what a model thought of held messages. The stream says
 * when there is something new; the lists are the server's.
 */
import type { Appeal, Decision, Message, ModelVerdict, Report } from "@grandstand/client";
import { session } from "./session.svelte.ts";

/** So that a storm of reports is not a storm of questions. */
const SETTLE_MS = 800;
const SHOWN = 20;

export interface Reported {
  message: Message;
  reports: number;
  reasons: string[];
}

/** A model's part in a decision. */
export interface Judged {
  verdict: ModelVerdict;
  code?: string | undefined;
  ruleVersion?: number | undefined;
}

/** Verdicts remembered; the desk shows a few. */
const MOST_JUDGED = 200;

export class Desk {
  /** By message id. */
  judged = $state.raw<ReadonlyMap<string, Judged>>(new Map());
  reported = $state.raw<readonly Reported[]>([]);
  appeals = $state.raw<readonly { appeal: Appeal; message: Message }[]>([]);
  /** Looked at and found in order; they stay off until somebody reports them again. */
  #settled = new Map<string, number>();
  readonly #slug: string;
  readonly #staff: () => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(slug: string, staff: () => boolean) {
    this.#slug = slug;
    this.#staff = staff;
  }

  get count(): number {
    return this.reported.length + this.appeals.length;
  }

  ask(): void {
    if (!this.#staff()) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, SETTLE_MS);
  }

  /** Something was decided. Who decided by a model says what it thought. */
  decided(decision: Decision): void {
    const { message_id: id, model: verdict, code, rule_version: ruleVersion } = decision;
    if (id !== undefined && verdict) this.#judge([[id, { verdict, code, ruleVersion }]]);
  }

  #judge(found: readonly (readonly [string, Judged])[]): void {
    if (found.length > 0) this.judged = new Map([...this.judged, ...found].slice(-MOST_JUDGED));
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  dismiss(one: Reported): void {
    this.#settled.set(one.message.id, one.reports);
    this.reported = this.reported.filter((other) => other !== one);
  }

  async decide(appeal: Appeal, decision: "upheld" | "overturned", reason: string): Promise<void> {
    await session.api.decideAppeal(this.#slug, appeal.id, decision, reason);
    this.appeals = this.appeals.filter((one) => one.appeal.id !== appeal.id);
  }

  async #read(): Promise<void> {
    try {
      const [held, reports, appeals] = await Promise.all([
        session.api.held(this.#slug, { limit: 100 }),
        session.api.reports(this.#slug, { limit: 100 }),
        session.api.appeals(this.#slug, { open: true, limit: SHOWN }),
      ]);
      await this.#lookUp(held.items);
      this.reported = await this.#gather(reports.items);
      this.appeals = await Promise.all(
        appeals.items.map(async (appeal) => ({ appeal, message: await this.#message(appeal.message_id) })),
      );
    } catch {
      // What was known stays on show; the next report asks again.
    }
  }

  /** What was decided before we came is in the record; the list of those that wait knows the scores alone. */
  async #lookUp(held: readonly Message[]): Promise<void> {
    const unknown = held.filter((message) => message.model && !this.judged.has(message.id));
    if (unknown.length === 0) return;
    this.#judge(unknown.flatMap(({ id, model }) => (model ? [[id, { verdict: model }] as const] : [])));
    const record = await session.api.audit(this.#slug, { limit: 100 });
    for (const decision of record.items.toReversed()) this.decided(decision);
  }

  /** By message, those with the most reports first; what is hidden already needs nobody. */
  async #gather(reports: readonly Report[]): Promise<Reported[]> {
    const byMessage = new Map<string, Report[]>();
    for (const report of reports) byMessage.set(report.message_id, [...(byMessage.get(report.message_id) ?? []), report]);
    const open = [...byMessage].filter(([id, all]) => most(all) > (this.#settled.get(id) ?? 0)).slice(0, SHOWN);
    const found = await Promise.all(
      open.map(async ([id, all]) => ({
        message: await this.#message(id),
        reports: most(all),
        reasons: [...new Set(all.map((report) => report.reason.replace("_", " ")))],
      })),
    );
    return found.filter((one) => one.message.status === "active").sort((a, b) => b.reports - a.reports);
  }

  #message(id: string): Promise<Message> {
    return session.api.message(this.#slug, id);
  }
}

function most(reports: readonly Report[]): number {
  return Math.max(...reports.map((report) => report.reports));
}

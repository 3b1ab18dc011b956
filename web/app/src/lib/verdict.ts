/** How a model's verdict on a message is shown to those who decide. Pure. */
import type { ModelVerdict } from "@grandstand/client";

/** Less than this says nothing. */
const LEAST = 0.01;
const MOST = 4;

/** What counts against it, the heaviest first. */
export function weighty(verdict: ModelVerdict): ModelVerdict["scores"] {
  return verdict.scores
    .filter((one) => one.score >= LEAST)
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST);
}

/** "93 %" */
export function scoreText(score: number): string {
  return `${Math.round(score * 100)} %`;
}

/** A code of the record, as words. */
export function codeText(code: string): string {
  const plain = code.replaceAll(/[-_]/g, " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** Who judged, and by which rules it counts. */
export function byText(verdict: ModelVerdict, ruleVersion: number | undefined): string {
  const parts = [`${verdict.model} at ${verdict.provider}`];
  if (verdict.cached) parts.push("seen before");
  if (ruleVersion !== undefined) parts.push(`rules ${ruleVersion}`);
  return parts.join(" · ");
}

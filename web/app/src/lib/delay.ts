/**
 * How far behind somebody watches, for those whose picture comes late and who want no goal told before they see it.
 * Remembered for each event in this browser.
 */

/** What the control offers, in seconds; 0 is the present. */
export const DELAYS = [0, 5, 10, 15, 30, 60, 90, 120] as const;

const KEY = "grandstand.delays";
/** Events watched with a delay that are remembered; the oldest is forgotten first. */
const MOST = 50;

type Kept = [slug: string, seconds: number][];

export function delayOf(slug: string, storage = storageOrNone()): number {
  return read(storage).find(([kept]) => kept === slug)?.[1] ?? 0;
}

export function keepDelay(slug: string, seconds: number, storage = storageOrNone()): void {
  const others = read(storage).filter(([kept]) => kept !== slug);
  const all: Kept = seconds === 0 ? others : [...others, [slug, seconds]];
  try {
    storage?.setItem(KEY, JSON.stringify(all.slice(-MOST)));
  } catch {
    // Without storage it lasts as long as the page.
  }
}

export function delayText(seconds: number): string {
  if (seconds === 0) return "No delay";
  if (seconds < 60 || seconds % 60 !== 0) return `${seconds} s behind`;
  return `${seconds / 60} min behind`;
}

function read(storage: Storage | undefined): Kept {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isKept) : [];
  } catch {
    return [];
  }
}

/** Somebody may have edited it, and only what the server takes is asked for. */
function isKept(one: unknown): one is Kept[number] {
  return Array.isArray(one) && typeof one[0] === "string" && (DELAYS as readonly unknown[]).includes(one[1]);
}

function storageOrNone(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

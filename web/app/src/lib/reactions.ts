/**
 * Reactions as they are shown: the server's totals with my own toggles, which take effect on screen before the
 * server has answered. A toggle remembers the total it started from, so that the tally which already counts it
 * doesn't count it twice.
 */
import type { Message, Reaction } from "@grandstand/client";

export const EMOJI = ["❤", "👍", "😂", "😮", "🔥", "👏", "🎉", "⚽", "😢", "😡", "🙌", "💪", "🤯", "👀", "🙏", "💯"];

export interface Toggle {
  on: boolean;
  /** Total of this emoji when it was toggled. */
  base: number;
}

export type Toggles = Readonly<Record<string, Toggle>>;

export interface Chip {
  emoji: string;
  count: number;
  mine: boolean;
}

export function toggleKey(messageId: string, emoji: string): string {
  return `${messageId} ${emoji}`;
}

export function chipsOf(
  message: Message,
  mine: readonly string[],
  toggles: Toggles,
): Chip[] {
  const chips = message.reactions.map((reaction) => chip(message, reaction, mine, toggles));
  const known = new Set(message.reactions.map((reaction) => reaction.emoji));
  const prefix = `${message.id} `;
  for (const [key, toggle] of Object.entries(toggles)) {
    if (!key.startsWith(prefix) || !toggle.on) continue;
    const emoji = key.slice(prefix.length);
    if (!known.has(emoji)) chips.push({ emoji, count: 1, mine: true });
  }
  return chips.filter((one) => one.count > 0);
}

function chip(message: Message, reaction: Reaction, mine: readonly string[], toggles: Toggles): Chip {
  const { emoji, count } = reaction;
  const toggle = toggles[toggleKey(message.id, emoji)];
  if (!toggle) return { emoji, count, mine: mine.includes(emoji) };
  return toggle.on
    ? { emoji, count: Math.max(count, toggle.base + 1), mine: true }
    : { emoji, count: Math.min(count, toggle.base - 1), mine: false };
}

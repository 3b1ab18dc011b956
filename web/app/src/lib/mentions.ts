/** Naming somebody while writing: what stands before the caret, who is meant, and the text with the name in it. Pure. */
import type { Message } from "@grandstand/client";

export interface Named {
  id: string;
  name: string;
  avatar_url?: string;
}

/** More would hide the chat. */
const SHOWN = 6;
/** Names of two words are found by both; a longer tail is a sentence, not a name. */
const TOKEN = /(?:^|\s)@([^\s@]{0,32}(?: [^\s@]{1,32})?)$/u;

/** What was typed after an at sign up to the caret; undefined when nobody is being named. */
export function mentionAt(text: string, caret: number): string | undefined {
  return TOKEN.exec(text.slice(0, caret))?.[1];
}

/** Those who spoke last first; beginnings of names before beginnings of words in them. */
export function candidates(token: string, people: readonly Named[], me: string | undefined): Named[] {
  const wanted = plain(token);
  const rank = (name: string): number => {
    const known = plain(name);
    return known.startsWith(wanted) ? 0 : known.split(/\s+/).some((word) => word.startsWith(wanted)) ? 1 : 2;
  };
  const seen = new Set<string | undefined>([me]);
  const others = people.filter((one) => !seen.has(one.id) && seen.add(one.id));
  const found = others.map((one) => ({ one, at: rank(one.name) })).filter(({ at }) => at < 2);
  return found.sort((a, b) => a.at - b.at).slice(0, SHOWN).map(({ one }) => one);
}

export function speakers(messages: readonly Message[]): Named[] {
  return messages.slice(-200).map((message) => message.author).reverse();
}

/** The text with the token replaced by the name, and where the caret goes. */
export function withMention(text: string, caret: number, name: string): { text: string; caret: number } {
  const token = mentionAt(text, caret) ?? "";
  const before = text.slice(0, caret - token.length) + name;
  const rest = text.slice(caret);
  const gap = rest.startsWith(" ") ? "" : " ";
  return { text: before + gap + rest, caret: before.length + 1 };
}

function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Naming somebody while writing: what stands before the caret, who is meant, and the text with the name in it. Pure. */
import type { Mention, Message } from "@grandstand/client";

export interface Named {
  id: string;
  name: string;
  avatar_url?: string;
}

/** More would hide the chat. */
const SHOWN = 6;
/** No more are taken for one message. */
const MOST = 10;
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

export interface TextPart {
  text: string;
  /** Who is named here. */
  mention?: Mention;
}

/** The text in parts, with the names of those it mentions apart; of names that begin alike the longest counts. */
export function textParts(text: string, mentions: readonly Mention[] = []): TextPart[] {
  const named = mentions.filter((one) => one.name !== "").toSorted((a, b) => b.name.length - a.name.length);
  if (named.length === 0) return [{ text }];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])@(?:${named.map((one) => `(${escaped(one.name)})`).join("|")})(?![\\p{L}\\p{N}])`, "giu");
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const mention = named[match.slice(1).findIndex((group) => group !== undefined)];
    if (!mention) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: match[0], mention });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** Those chosen from the list whose names still stand in the text. */
export function stillNamed(text: string, chosen: readonly Named[]): string[] {
  const said = plain(text);
  return [...new Set(chosen.filter((one) => said.includes(`@${plain(one.name)}`)).map((one) => one.id))].slice(0, MOST);
}

export function names(message: Message, me: string | undefined): boolean {
  return me !== undefined && (message.mentions ?? []).some((one) => one.user_id === me);
}


function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

export function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

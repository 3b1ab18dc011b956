/**
 * Small moves on a list of messages in log order. Lists are never changed in place, and come back as the
 * same object when nothing changed, so that whoever draws them can compare by identity.
 */
import type { Message } from "./wire.ts";

export function byLogOrder(a: Message, b: Message): number {
  return a.seq - b.seq || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Inserts at its place in the log, which is nearly always the end; replaces the same message. */
export function addMessage(list: readonly Message[], message: Message): readonly Message[] {
  const last = list.at(-1);
  if (!last || byLogOrder(last, message) < 0) return [...list, message];
  const others = list.filter((known) => known.id !== message.id);
  const at = others.findIndex((known) => byLogOrder(known, message) > 0);
  return at < 0 ? [...others, message] : others.toSpliced(at, 0, message);
}

export function changeMessage(
  list: readonly Message[],
  id: string,
  change: (message: Message) => Message,
): readonly Message[] {
  // From the end: what is changed is nearly always recent.
  const at = list.findLastIndex((message) => message.id === id);
  const message = list[at];
  return message ? list.with(at, change(message)) : list;
}

export function trim(list: readonly Message[], keep: number): readonly Message[] {
  return list.length > keep ? list.slice(list.length - keep) : list;
}

/** What tabs of one person tell each other beside the stream. Taken with care: another version may be running there. */
export type TabNote =
  | { kind: "mine"; id: string; emoji: string; on: boolean }
  | { kind: "vote"; id: string; options: number[] }
  /** Is anybody looking? · I am · everybody stopped looking, and the server knows · somebody looks again. */
  | { kind: "looking" }
  | { kind: "here" }
  | { kind: "told"; status: "online" | "away" };

export type AwayNote = Exclude<TabNote, { kind: "mine" | "vote" }>;

export function noteOf(said: unknown): TabNote | undefined {
  if (typeof said !== "object" || said === null) return undefined;
  const note = said as { kind?: unknown; id?: unknown; emoji?: unknown; on?: unknown; status?: unknown; options?: unknown };
  switch (note.kind) {
    case "looking":
    case "here":
      return { kind: note.kind };
    case "told":
      return note.status === "online" || note.status === "away" ? { kind: "told", status: note.status } : undefined;
    case "mine":
      return typeof note.id === "string" && typeof note.emoji === "string" && typeof note.on === "boolean"
        ? { kind: "mine", id: note.id, emoji: note.emoji, on: note.on }
        : undefined;
    case "vote":
      return typeof note.id === "string" && Array.isArray(note.options) && note.options.every(Number.isInteger)
        ? { kind: "vote", id: note.id, options: note.options as number[] }
        : undefined;
    default:
      return undefined;
  }
}

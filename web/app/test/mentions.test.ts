import { describe, expect, it } from "vitest";
import { candidates, mentionAt, names, stillNamed, textParts, withMention } from "../src/lib/mentions.ts";

describe("naming somebody", () => {
  const tokens: [string, string | undefined][] = [
    ["@", ""],
    ["@an", "an"],
    ["hello @Zoë", "Zoë"],
    ["@Ana Maria", "Ana Maria"],
    ["mail@example", undefined],
    ["no one", undefined],
    ["@Ana Maria is", undefined],
  ];
  for (const [text, token] of tokens) {
    it(`"${text}" names ${token === undefined ? "nobody" : `"${token}"`}`, () => {
      expect(mentionAt(text, text.length)).toBe(token);
    });
  }

  const people = ["Ben", "Ana Maria", "Zoë", "Ana Maria", "Maria", "Me"].map((name) => ({ id: name, name }));

  it("finds by beginnings of names and words, without accents and case, each once and never me", () => {
    expect(candidates("ma", people, "Me").map((one) => one.name)).toEqual(["Maria", "Ana Maria"]);
    expect(candidates("zoe", people, "Me").map((one) => one.name)).toEqual(["Zoë"]);
    expect(candidates("", people, "Me").length).toBe(4);
    expect(candidates("me", people, "Me")).toEqual([]);
  });

  it("puts the name where the caret stands", () => {
    expect(withMention("hi @an, look", 6, "Ana Maria")).toEqual({ text: "hi @Ana Maria , look", caret: 14 });
    expect(withMention("@b", 2, "Ben")).toEqual({ text: "@Ben ", caret: 5 });
  });
});

describe("names in a message", () => {
  const ben = { user_id: "ben", name: "Ben" };
  const both = { user_id: "benni", name: "Ben Nevis" };
  const shown = (text: string, ...mentions: { user_id: string; name: string }[]): string =>
    textParts(text, mentions)
      .map((part) => (part.mention ? `[${part.text}:${part.mention.user_id}]` : part.text))
      .join("");
  const cases: [string, { user_id: string; name: string }[], string][] = [
    ["hello", [], "hello"],
    ["hi @Ben!", [ben], "hi [@Ben:ben]!"],
    ["hi @BEN, @ben", [ben], "hi [@BEN:ben], [@ben:ben]"],
    ["@Ben Nevis and @Ben", [ben, both], "[@Ben Nevis:benni] and [@Ben:ben]"],
    ["@Benjamin", [ben], "@Benjamin"],
    ["a@Ben", [ben], "a@Ben"],
    ["@Zoë.*", [{ user_id: "z", name: "Zoë.*" }], "[@Zoë.*:z]"],
    ["nobody @Ana", [ben], "nobody @Ana"],
  ];
  for (const [text, mentions, expected] of cases) {
    it(`"${text}" shows as "${expected}"`, () => expect(shown(text, ...mentions)).toBe(expected));
  }

  it("of those chosen only who still stands in the text is meant, each once", () => {
    const chosen = ["Ben", "Ana", "Ben"].map((name) => ({ id: name.toLowerCase(), name }));
    expect(stillNamed("well done @ben", chosen)).toEqual(["ben"]);
  });

  it("a message names me when I am among its mentions", () => {
    const message = { mentions: [ben] } as never;
    expect(names(message, "ben")).toBe(true);
    expect(names(message, "ana")).toBe(false);
    expect(names(message, undefined)).toBe(false);
  });
});

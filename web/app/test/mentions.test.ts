import { describe, expect, it } from "vitest";
import { candidates, mentionAt, withMention } from "../src/lib/mentions.ts";

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

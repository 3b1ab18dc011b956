import type { ModelVerdict } from "@grandstand/client";
import { describe, expect, it } from "vitest";
import { byText, codeText, scoreText, weighty } from "../src/lib/verdict.ts";

describe("a model's verdict", () => {
  const verdict = (...scores: [string, number][]): ModelVerdict => ({
    provider: "api.openai.com",
    model: "omni-moderation-latest",
    scores: scores.map(([category, score]) => ({ category, score })),
    cached: false,
  });

  it("shows what weighs, the heaviest first, and nothing of what is next to nothing", () => {
    const shown = weighty(verdict(["hate", 0.2], ["harassment", 0.93], ["violence", 0.001]));
    expect(shown.map((one) => one.category)).toEqual(["harassment", "hate"]);
    expect(weighty(verdict(["hate", 0]))).toEqual([]);
    expect(scoreText(0.934)).toBe("93 %");
    expect(byText(verdict(), 2)).toBe("omni-moderation-latest at api.openai.com · rules 2");
    expect(codeText("screening_late")).toBe("Screening late");
  });
});

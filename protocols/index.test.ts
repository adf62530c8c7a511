import { describe, expect, it } from "vitest";
import { meterLanguage, meterLanguages } from "./index.ts";

describe("the registry of meter languages", () => {
  it("is sorted by name, each name once", () => {
    const names = meterLanguages.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
  });

  it("finds a language by its name and no other way", () => {
    for (const language of meterLanguages) {
      expect(meterLanguage(language.name)).toBe(language);
    }
    expect(meterLanguage("constructor")).toBeNull();
  });

  it.each(meterLanguages)("has a decoder for $name that survives anything", (language) => {
    const decoder = language.decoder();
    expect(decoder.push(new Uint8Array(0))).toEqual([]);
    decoder.push(Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) % 256));
    expect(Array.isArray(decoder.end())).toBe(true);
  });
});

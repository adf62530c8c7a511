import { expect, it } from "vitest";
import { de } from "./words-de.ts";
import { en } from "./words-en.ts";

it("every sentence has the same gaps in German and English", () => {
  const gaps = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
  for (const word of Object.keys(en) as (keyof typeof en)[]) {
    expect(gaps(de[word]), word).toEqual(gaps(en[word]));
  }
});

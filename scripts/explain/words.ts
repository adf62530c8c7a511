import type { Language } from "../../gateway/words/words.ts";
import { de } from "./words-de.ts";
import { en } from "./words-en.ts";

export type ExplainWord = keyof typeof en;

const tables = { de, en } as const;

/** A sentence of an explanation with its gaps filled in. */
export function say(
  lang: Language,
  word: ExplainWord,
  gaps: Readonly<Record<string, string | number>> = {},
): string {
  return tables[lang][word].replace(/\{(\w+)\}/g, (gap, name: string) => String(gaps[name] ?? gap));
}

import type { Language } from "../gateway/words/words.ts";

/** Says sentences of these tables, with their gaps filled in. A gap that nobody fills stays as it is. */
export function sayer<Word extends string>(
  tables: Readonly<Record<Language, Readonly<Record<Word, string>>>>,
): (lang: Language, word: Word, gaps?: Readonly<Record<string, string | number>>) => string {
  return (lang, word, gaps = {}) =>
    tables[lang][word].replace(/\{(\w+)\}/g, (gap, name: string) => String(gaps[name] ?? gap));
}

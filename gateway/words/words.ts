import { de } from "./de.ts";
import { en } from "./en.ts";

export type Language = "de" | "en";
export type WordKey = keyof typeof en;

/** What may stand for a `{name}` in a sentence. A list is joined as the language does it; a word is looked up in it. */
export type Value =
  | string
  | number
  | readonly (string | number | Word)[]
  | Word
  | { readonly en: string; readonly de: string };

export interface Word {
  readonly word: WordKey;
  readonly parameters?: Readonly<Record<string, Value>>;
}

const tables: Readonly<Record<Language, Readonly<Record<WordKey, string>>>> = { de, en };

/** A sentence of the table with its gaps filled in; a gap without a value stays visible as `{name}`. */
export function say(lang: Language, key: WordKey, parameters: Readonly<Record<string, Value>> = {}): string {
  return tables[lang][key].replace(/\{(\w+)\}/g, (gap, name: string) => {
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    return value === undefined ? gap : valueText(lang, value);
  });
}

function valueText(lang: Language, value: Value): string {
  if (typeof value === "string" || typeof value === "number") {
    return String(value);
  }
  if (isList(value)) {
    const items = value.map((item) => valueText(lang, item));
    return new Intl.ListFormat(lang, { type: "disjunction", style: "narrow" }).format(items);
  }
  return "word" in value ? say(lang, value.word, value.parameters) : value[lang];
}

function isList(value: Value): value is readonly (string | number | Word)[] {
  return Array.isArray(value);
}

/** The language for people: the option where it is given, else LC_ALL, LC_MESSAGES, LANG in the order of POSIX (XBD 8.2). */
export function language(env: Readonly<Record<string, string | undefined>>, option?: string): Language {
  if (option === "de" || option === "en") {
    return option;
  }
  const locale = env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  return /^de([_.@-]|$)/i.test(locale) ? "de" : "en";
}

/** What the schemas of device files are made of. Keywords as in gateway/config/schema.ts: `about` in both languages, `form` for texts with a meaning. */
import { type TSchema, Type } from "@sinclair/typebox";

interface Words {
  readonly en: string;
  readonly de: string;
}

export function about(en: string, de: string): Words {
  return { en: en, de: de };
}

export function duration(words: Words, limits: { least: string; most: string; default?: string }) {
  return Type.Unsafe<number>(Object.assign({ type: "string", form: "duration", about: words }, limits));
}

export function path(words: Words, more: { example?: string; default?: string }) {
  return Type.Unsafe<string>(Object.assign({ type: "string", form: "path", about: words }, more));
}

export function group<T extends Record<string, TSchema>>(properties: T, words: Words, more?: object) {
  return Type.Object(properties, Object.assign({ additionalProperties: false, about: words }, more));
}

import type { TSchema } from "@sinclair/typebox";
import type { Value } from "../words/words.ts";
import { forms } from "./forms.ts";
import type { About } from "./schema.ts";

/** A schema as config-file.ts reads it: the JSON of schema.ts, all keywords optional. */
export interface SchemaNode {
  readonly about?: About;
  readonly type?: string;
  readonly form?: string;
  readonly default?: unknown;
  readonly example?: string | number;
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number;
  readonly least?: string;
  readonly most?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly unique?: string;
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly exactlyOne?: readonly (readonly string[])[];
  readonly atLeastOne?: readonly (readonly string[])[];
  readonly needs?: Readonly<Record<string, string>>;
  readonly discriminator?: string;
  readonly kinds?: readonly { readonly kind: string; readonly schema: SchemaNode }[];
}

export function nodeOf(schema: TSchema): SchemaNode {
  return schema as SchemaNode;
}

export function aboutOf(schema: SchemaNode): Value {
  return schema.about ?? { en: "?", de: "?" };
}

/** Whether a group cannot do without this key. */
export function isRequired(group: SchemaNode, key: string): boolean {
  return group.required?.includes(key) === true && group.properties?.[key]?.default === undefined;
}

/** A value that would work, as it would be written in the file, on one line. */
export function exampleOf(schema: SchemaNode, key = ""): string {
  const own = schema.example ?? schema.default ?? schema.const ?? schema.enum?.[0];
  if (typeof own === "string" || typeof own === "number" || typeof own === "boolean") {
    return plain(own);
  }
  if (schema.kinds !== undefined && schema.discriminator !== undefined) {
    const first = schema.kinds[0];
    return first === undefined ? "" : flow(first.schema, `${schema.discriminator}: ${first.kind}`);
  }
  if (schema.properties !== undefined) {
    return flow(schema, null);
  }
  if (schema.items !== undefined) {
    return `[${exampleOf(schema.items)}]`;
  }
  if (schema.form !== undefined) {
    return plain(forms[schema.form]?.example ?? "");
  }
  if (schema.type === "integer") {
    return String(schema.minimum ?? 1);
  }
  return schema.type === "boolean" ? "true" : key === "" ? "text" : key;
}

/** Text that YAML would read as something else needs quotation marks. */
function plain(value: string | number | boolean): string {
  return typeof value === "string" && /^[^A-Za-z0-9./]|: |[#,[\]{}]|^[\d.]+$|^(true|false|null)$/.test(value)
    ? JSON.stringify(value)
    : String(value);
}

function flow(schema: SchemaNode, first: string | null): string {
  const entries = Object.entries(schema.properties ?? {})
    .filter(([key]) => isRequired(schema, key) && first?.startsWith(`${key}:`) !== true)
    .map(([key, property]) => `${key}: ${exampleOf(property, key)}`);
  return `{ ${(first === null ? entries : [first, ...entries]).join(", ")} }`;
}

/** The value a `default`, written as a person would write it, stands for. */
export function defaultOf(schema: SchemaNode, folder: string): unknown {
  if (schema.form !== undefined) {
    return forms[schema.form]?.read(String(schema.default), folder);
  }
  if (schema.properties === undefined) {
    return schema.default;
  }
  const value: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(schema.properties)) {
    if (property.default !== undefined) {
      value[key] = defaultOf(property, folder);
    }
  }
  return value;
}

/** Which groups know a key; "" is the file itself. */
export function homesOf(schema: SchemaNode): Map<string, string[]> {
  const homes = new Map<string, string[]>();
  const add = (node: SchemaNode, name: string): void => {
    for (const [key, property] of Object.entries(node.properties ?? {})) {
      homes.set(key, [...(homes.get(key) ?? []), name]);
      add(property, key);
    }
    for (const kind of node.kinds ?? []) {
      add(kind.schema, name);
    }
    if (node.items !== undefined) {
      add(node.items, name);
    }
  };
  add(schema, "");
  return homes;
}

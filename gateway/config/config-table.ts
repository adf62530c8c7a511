import type { TSchema } from "@sinclair/typebox";
import { type Language, say } from "../words/words.ts";
import { isRequired, nodeOf, type SchemaNode } from "./config-schema.ts";
import { forms } from "./forms.ts";

/**
 * The table of a config's keys for the docs, in Markdown: one row for each key, groups and lists with their keys below them, kinds one
 * after the other. What it says is what config-file.ts checks.
 */
export function configTable(schema: TSchema, lang: Language): string {
  const titles = (["table.key", "table.value", "table.default", "table.meaning"] as const).map((key) =>
    say(lang, key),
  );
  const rows = groupRows(nodeOf(schema), "", lang);
  return [titles, titles.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

type Row = readonly string[];

function groupRows(group: SchemaNode, lead: string, lang: Language): Row[] {
  return Object.entries(group.properties ?? {}).flatMap(([key, schema]) => {
    const path = `${lead}${key}`;
    const standard = isRequired(group, key) ? say(lang, "table.required") : defaultText(schema, lang);
    return [
      [code(path), valueText(schema, lang), standard, cell(schema.about?.[lang] ?? "")],
      ...rowsBelow(schema, path, lang),
    ];
  });
}

function rowsBelow(schema: SchemaNode, path: string, lang: Language): Row[] {
  if (schema.items !== undefined) {
    return rowsBelow(schema.items, `${path}[]`, lang);
  }
  if (schema.kinds !== undefined) {
    return kindRows(schema, schema.kinds, path, lang);
  }
  return schema.properties === undefined ? [] : groupRows(schema, `${path}.`, lang);
}

/** Keys that every kind has alike stand once, before the kinds. */
function kindRows(
  schema: SchemaNode,
  kinds: NonNullable<SchemaNode["kinds"]>,
  path: string,
  lang: Language,
): Row[] {
  const [first] = kinds;
  const shared = Object.keys(first?.schema.properties ?? {}).filter(
    (key) => kinds.length > 1 && kinds.every((kind) => alike(kind.schema, first!.schema, key)),
  );
  const only = (group: SchemaNode, wanted: (key: string) => boolean): SchemaNode => ({
    ...group,
    properties: Object.fromEntries(Object.entries(group.properties ?? {}).filter(([key]) => wanted(key))),
  });
  return [
    ...(first === undefined
      ? []
      : groupRows(
          only(first.schema, (key) => shared.includes(key)),
          `${path}.`,
          lang,
        )),
    ...kinds.flatMap(({ kind, schema: own }) => [
      [
        code(`${path}.${schema.discriminator}`),
        code(kind),
        say(lang, "table.required"),
        cell(own.about?.[lang] ?? ""),
      ],
      ...groupRows(
        only(own, (key) => !shared.includes(key)),
        `${path}(${kind}).`,
        lang,
      ),
    ]),
  ];
}

function alike(a: SchemaNode, b: SchemaNode, key: string): boolean {
  return (
    isRequired(a, key) === isRequired(b, key) &&
    JSON.stringify(a.properties?.[key]) === JSON.stringify(b.properties?.[key])
  );
}

function defaultText(schema: SchemaNode, lang: Language): string {
  const standard = schema.default;
  const simple =
    typeof standard === "string" || typeof standard === "number" || typeof standard === "boolean";
  return simple ? code(String(standard)) : say(lang, "table.optional");
}

function valueText(schema: SchemaNode, lang: Language): string {
  if (schema.enum !== undefined) {
    return schema.enum.length > 8
      ? say(lang, "expected.choice")
      : schema.enum.map((value) => code(String(value))).join(", ");
  }
  const kind = valueKind(schema, lang);
  const least = schema.least ?? schema.minimum ?? schema.minItems;
  const most = schema.most ?? schema.maximum ?? schema.maxItems;
  return most === undefined
    ? cell(kind)
    : `${cell(kind)}, ${say(lang, "table.range", { least: least ?? 0, most })}`;
}

function valueKind(schema: SchemaNode, lang: Language): string {
  if (schema.form !== undefined) {
    return say(lang, forms[schema.form]?.expected ?? "expected.text");
  }
  if (schema.items !== undefined) {
    return say(lang, "found.list");
  }
  if (schema.properties !== undefined || schema.kinds !== undefined) {
    return say(lang, "found.group");
  }
  const words = { integer: "expected.number", boolean: "expected.flag" } as const;
  return say(lang, words[schema.type as "integer" | "boolean"] ?? "expected.text");
}

function code(text: string): string {
  return `\`${text.replace(/\|/g, "\\|")}\``;
}

function cell(text: string): string {
  // Markdown takes what stands between backticks as it is.
  return text.replace(/\|/g, "\\|").replace(/`[^`]*`|</g, (part) => (part === "<" ? "&lt;" : part));
}

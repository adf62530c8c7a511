import { isScalar, type Node } from "yaml";
import type { Word, WordKey } from "../words/words.ts";
import {
  type Check,
  didYouMean,
  exampleLine,
  hint,
  indentAt,
  type Place,
  report,
  shown,
  spotAt,
  spotOf,
  wrongType,
} from "./config-report.ts";
import { aboutOf, type SchemaNode } from "./config-schema.ts";
import { forms, repaired } from "./forms.ts";
import { nearest } from "./nearest.ts";
import type { Spot } from "./yaml-source.ts";

/** The value of one scalar by its schema: a choice, a number, a flag, a form or a text. Reports what is wrong with it. */
export function readScalar(check: Check, schema: SchemaNode, node: Node | null, place: Place): unknown {
  if (!isScalar(node) || node.value === null) {
    return wrongType(check, schema, node, place, expectedOf(schema));
  }
  const spot = spotOf(check, node, place);
  const end = spotAt(check, Math.max(node.range?.[0] ?? 0, (node.range?.[1] ?? 1) - 1), 1);
  if (node.type === "PLAIN" && end.line > spot.line) {
    return report(check, { line: end.line, column: indentAt(check, end.line), length: 1 }, "CFG-002", {});
  }
  const value: unknown = node.value;
  if (schema.enum !== undefined) {
    return readChoice(check, schema, schema.enum, value, place, spot);
  }
  if (schema.type === "integer") {
    return readNumber(check, schema, value, place, spot, node);
  }
  if (schema.type === "boolean") {
    return typeof value === "boolean" ? value : wrongType(check, schema, node, place, "expected.flag");
  }
  if (schema.form !== undefined) {
    // Digits alone are a number to YAML, but a key or a name may consist of them.
    const text = typeof value === "string" ? value : (node.source ?? String(value));
    return readForm(check, schema, schema.form, text, place, spot);
  }
  if (typeof value !== "string") {
    const quoted = JSON.stringify(node.source ?? String(value));
    return wrongType(check, schema, node, place, "expected.text", [
      hint("hint.quote", { suggestion: quoted }),
    ]);
  }
  const most = schema.maxLength ?? 200;
  if (value.length > most || value.includes("\n") || value === "") {
    const parameters = { key: place.key, most, about: aboutOf(schema), example: exampleLine(schema, place) };
    return value === ""
      ? report(check, spot, "CFG-005", {
          ...parameters,
          expected: { word: "expected.text" },
          found: { word: "found.nothing" },
        })
      : report(check, spot, "CFG-023", parameters);
  }
  return value;
}

function readChoice(
  check: Check,
  schema: SchemaNode,
  allowed: readonly (string | number)[],
  value: unknown,
  place: Place,
  spot: Spot,
): unknown {
  if (allowed.includes(value as string)) {
    return value;
  }
  const suggestion = nearest(String(value), allowed.map(String));
  const parameters = { key: place.key, value: shown(check, String(value)), about: aboutOf(schema), allowed };
  return report(check, spot, "CFG-006", parameters, didYouMean(suggestion));
}

function readNumber(
  check: Check,
  schema: SchemaNode,
  value: unknown,
  place: Place,
  spot: Spot,
  node: Node,
): unknown {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    return wrongType(check, schema, node, place, "expected.number");
  }
  const least = schema.minimum ?? 0;
  const most = schema.maximum ?? Number.MAX_SAFE_INTEGER;
  if (value < least || value > most) {
    const example = exampleLine(schema, place);
    return report(check, spot, "CFG-007", {
      key: place.key,
      value,
      least,
      most,
      about: aboutOf(schema),
      example,
    });
  }
  return value;
}

function readForm(
  check: Check,
  schema: SchemaNode,
  name: string,
  text: string,
  place: Place,
  spot: Spot,
): unknown {
  const form = forms[name];
  const value = form?.read(text, check.source.folder);
  const about = aboutOf(schema);
  const key = place.key;
  if (form === undefined || value === undefined) {
    const suggestion = form?.secret ? null : repaired(name, text);
    const amount = (name === "duration" || name === "size") && /^[\d.]+$/.test(text);
    const hints = suggestion === null ? [] : [hint(amount ? "hint.unit" : "hint.didYouMean", { suggestion })];
    const example = suggestion === null ? exampleLine(schema, place) : `${key}: ${suggestion}`;
    const expected: Word = { word: form?.expected ?? "expected.text" };
    const parameters = {
      key,
      value: form?.secret ? { word: "secret" as const } : shown(check, text),
      expected,
      about,
      example,
    };
    return report(check, spot, "CFG-008", parameters, { hints });
  }
  const least = schema.least === undefined ? undefined : (form.read(schema.least, "/") as number);
  const most = schema.most === undefined ? undefined : (form.read(schema.most, "/") as number);
  const amount = value as number;
  if ((least !== undefined && amount < least) || (most !== undefined && amount > most)) {
    const range = { least: schema.least ?? "0", most: schema.most ?? "∞" };
    return report(check, spot, "CFG-007", {
      key,
      value: text,
      ...range,
      about,
      example: exampleLine(schema, place),
    });
  }
  return value;
}

function expectedOf(schema: SchemaNode): WordKey {
  if (schema.enum !== undefined) {
    return "expected.choice";
  }
  if (schema.form !== undefined) {
    return forms[schema.form]?.expected ?? "expected.text";
  }
  return schema.type === "integer"
    ? "expected.number"
    : schema.type === "boolean"
      ? "expected.flag"
      : "expected.text";
}

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import { aboutOf, exampleOf, isRequired, type SchemaNode } from "./config-schema.ts";
import { forms, repaired } from "./forms.ts";
import { nearest } from "./nearest.ts";
import type { ProblemCode, ProblemOptions, ProblemParameters } from "./problem.ts";
import type { Value, Word, WordKey } from "./words/words.ts";
import { type Found, found, type Source, type Spot } from "./yaml-source.ts";

/**
 * Holds a YAML document against a schema. Gives the value with its defaults, and one problem per mistake; where there is a problem the
 * value is not to be used.
 */
export function checkDocument(
  schema: SchemaNode,
  document: Document.Parsed,
  lineCounter: LineCounter,
  source: Source,
): { readonly value: unknown; readonly problems: readonly Found[] } {
  const check: Check = {
    source,
    lineCounter,
    problems: [],
    missing: [],
    unknown: [],
    homes: homesOf(schema),
  };
  const root = document.contents as Node | null;
  const start = root?.range ? spotAt(check, root.range[0], 1) : { line: 0, column: 0, length: 1 };
  const value = read(check, schema, root, { key: "", spot: start });
  // A key at the wrong indentation is unknown in one place and missing in another: that is one mistake.
  const missing = check.missing.filter((one) => !check.unknown.includes(one.key));
  return { value, problems: [...check.problems, ...missing.map((one) => one.found)] };
}

interface Check {
  readonly source: Source;
  readonly lineCounter: LineCounter;
  readonly problems: Found[];
  readonly missing: { readonly key: string; readonly found: Found }[];
  /** Unknown keys for which no neighbour was suggested. */
  readonly unknown: string[];
  /** Key -> the groups that know it. */
  readonly homes: ReadonlyMap<string, readonly string[]>;
}

/** What a value is called, and where to point when it has no place of its own. */
interface Place {
  readonly key: string;
  readonly spot: Spot;
}

function report<Code extends ProblemCode>(
  check: Check,
  spot: Spot,
  code: Code,
  parameters: ProblemParameters<Code>,
  options?: ProblemOptions,
): undefined {
  check.problems.push(found(check.source, spot, code, parameters, options));
  return undefined;
}

function read(check: Check, schema: SchemaNode, node: Node | null, place: Place): unknown {
  const sign = isAlias(node) || (node as { anchor?: string } | null)?.anchor !== undefined || hasTag(node);
  if (sign && node !== null) {
    const spot = isMap(node) || isSeq(node) ? place.spot : spotOf(check, node, place);
    return report(check, spot, "CFG-013", {});
  }
  if (schema.discriminator !== undefined) {
    return readKind(check, schema, node, place);
  }
  if (schema.properties !== undefined) {
    return readGroup(check, schema, node, place);
  }
  return schema.items !== undefined
    ? readList(check, schema, schema.items, node, place)
    : readScalar(check, schema, node, place);
}

function hasTag(node: Node | null): boolean {
  const token = (node as { tag?: string } | null)?.tag;
  return token !== undefined && node !== null && !isMap(node) && !isSeq(node);
}

function readKind(check: Check, schema: SchemaNode, node: Node | null, place: Place): unknown {
  const kinds = schema.kinds ?? [];
  const key = schema.discriminator ?? "";
  const names = kinds.map((kind) => kind.kind);
  if (!isMap(node)) {
    return wrongType(check, schema, node, place, "expected.group");
  }
  const pair = node.items.find((item) => keyText(item) === key);
  if (pair === undefined) {
    const typo = node.items.find(
      (item) => nearest(keyText(item), [key]) !== null && !knownToAny(kinds, keyText(item)),
    );
    if (typo !== undefined) {
      return report(
        check,
        keySpot(check, typo, place),
        "CFG-003",
        { key: keyText(typo), known: [key] },
        didYouMean(key),
      );
    }
    const example = `${key}: ${names[0] ?? ""}`;
    const about = { en: `one of ${names.join(", ")}`, de: `eines von ${names.join(", ")}` };
    const where = placeWord(place);
    const missing = found(check.source, place.spot, "CFG-004", { key, place: where, about, example });
    check.missing.push({ key, found: missing });
    return undefined;
  }
  const spot = keySpot(check, pair, place);
  const kind = readScalar(
    check,
    { enum: names, ...(schema.about && { about: schema.about }) },
    pair.value as Node | null,
    { key, spot },
  );
  const chosen = kinds.find((one) => one.kind === kind);
  if (chosen === undefined) {
    return undefined;
  }
  const value = readGroup(check, withKind(chosen.schema, key, chosen.kind), node, place);
  return value;
}

function knownToAny(kinds: NonNullable<SchemaNode["kinds"]>, key: string): boolean {
  return kinds.some(
    (kind) => kind.schema.properties !== undefined && Object.hasOwn(kind.schema.properties, key),
  );
}

function withKind(schema: SchemaNode, key: string, kind: string): SchemaNode {
  return { ...schema, properties: { [key]: { enum: [kind] }, ...schema.properties } };
}

function readGroup(check: Check, schema: SchemaNode, node: Node | null, place: Place): unknown {
  const empty = node === null || (isScalar(node) && node.value === null);
  if (!empty && !isMap(node)) {
    return wrongType(check, schema, node, place, "expected.group");
  }
  const properties = schema.properties ?? {};
  const present = pairsOf(check, empty ? null : (node as YAMLMap), place);
  const meant = unknownKeys(check, properties, present, place);
  const value: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(properties)) {
    const pair = present.get(key) ?? meant.get(key);
    if (pair !== undefined) {
      value[key] = read(check, property, pair.value as Node | null, {
        key,
        spot: keySpot(check, pair, place),
      });
    } else if (property.default !== undefined) {
      value[key] = defaultOf(property, check.source.folder);
    } else if (isRequired(schema, key)) {
      const example = `${key}: ${exampleOf(property, key)}`;
      const parameters = { key, place: placeWord(place), about: aboutOf(property), example };
      check.missing.push({ key, found: found(check.source, place.spot, "CFG-004", parameters) });
    }
  }
  checkCompany(check, schema, new Set([...present.keys(), ...meant.keys()]), present, place);
  return value;
}

/** Keys with their pairs; a key that stands twice is reported and counts once. */
function pairsOf(check: Check, map: YAMLMap | null, place: Place): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const pair of map?.items ?? []) {
    const key = keyText(pair);
    const first = pairs.get(key);
    if (first === undefined) {
      pairs.set(key, pair);
    } else {
      const line = keySpot(check, first, place).line + 1;
      report(check, keySpot(check, pair, place), "CFG-009", { key, line });
    }
  }
  return pairs;
}

/** Reports keys that are not known. Gives those that were probably misspelt, by the key that was meant. */
function unknownKeys(
  check: Check,
  properties: Readonly<Record<string, SchemaNode>>,
  present: ReadonlyMap<string, Pair>,
  place: Place,
): Map<string, Pair> {
  const meant = new Map<string, Pair>();
  const known = Object.keys(properties);
  for (const [key, pair] of present) {
    if (Object.hasOwn(properties, key)) {
      continue;
    }
    const home = check.homes.get(key)?.[0];
    const free = known.filter((one) => !present.has(one) && !meant.has(one));
    const suggestion = home === undefined ? (nearest(key, free) ?? nearest(key, known)) : null;
    if (suggestion !== null && free.includes(suggestion)) {
      meant.set(suggestion, pair);
    }
    if (suggestion === null) {
      check.unknown.push(key);
    }
    const parent: Value = home === undefined || home !== "" ? (home ?? "") : { word: "place.whole" };
    const options =
      home === undefined ? didYouMean(suggestion) : { hints: [hint("hint.belongsTo", { parent })] };
    report(check, keySpot(check, pair, place), "CFG-003", { key, known }, options);
  }
  return meant;
}

/** Keys that must stand alone, or need another beside them. */
function checkCompany(
  check: Check,
  schema: SchemaNode,
  keys: ReadonlySet<string>,
  pairs: ReadonlyMap<string, Pair>,
  place: Place,
): void {
  for (const group of schema.exactlyOne ?? []) {
    const there = group.filter((key) => keys.has(key));
    if (there.length !== 1) {
      const second = pairs.get(there[1] ?? "");
      const spot = second === undefined ? place.spot : keySpot(check, second, place);
      report(check, spot, "CFG-020", { place: placeWord(place), keys: group, count: there.length });
    }
  }
  for (const [key, other] of Object.entries(schema.needs ?? {})) {
    const pair = pairs.get(key);
    if (pair !== undefined && !keys.has(other)) {
      report(check, keySpot(check, pair, place), "CFG-021", { key, other });
    }
  }
}

function readList(
  check: Check,
  schema: SchemaNode,
  items: SchemaNode,
  node: Node | null,
  place: Place,
): unknown {
  if (!isSeq(node)) {
    return wrongType(check, schema, node, place, "expected.list");
  }
  const count = node.items.length;
  const least = schema.minItems ?? 0;
  const most = schema.maxItems ?? 1000;
  if (count < least || count > most) {
    return report(check, place.spot, "CFG-017", {
      key: place.key,
      count,
      least,
      most,
      about: aboutOf(schema),
    });
  }
  const seen = new Map<unknown, number>();
  return node.items.map((item) => {
    const entry = item as Node | null;
    const spot = spotOf(check, entry, place);
    const value = read(check, items, entry, { key: place.key, spot });
    checkUnique(check, schema.unique, entry, value, seen, { key: place.key, spot });
    return value;
  });
}

function checkUnique(
  check: Check,
  key: string | undefined,
  node: Node | null,
  entry: unknown,
  seen: Map<unknown, number>,
  place: Place,
): void {
  const value =
    key === undefined || typeof entry !== "object" || entry === null ? undefined : Reflect.get(entry, key);
  if (key === undefined || value === undefined) {
    return;
  }
  const pair = isMap(node) ? node.items.find((item) => keyText(item) === key) : undefined;
  const spot = pair === undefined ? place.spot : valueSpot(check, pair, place);
  const first = seen.get(value);
  if (first === undefined) {
    seen.set(value, spot.line + 1);
  } else {
    report(check, spot, "CFG-015", { key, value: String(value), line: first });
  }
}

function readScalar(check: Check, schema: SchemaNode, node: Node | null, place: Place): unknown {
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

function wrongType(
  check: Check,
  schema: SchemaNode,
  node: Node | null,
  place: Place,
  expected: WordKey,
  hints: readonly Word[] = [],
): undefined {
  const parameters = {
    key: place.key,
    expected: { word: expected },
    found: { word: kindOf(node) },
    about: aboutOf(schema),
    example: exampleLine(schema, place),
  };
  const spot = isScalar(node) && node.value !== null ? spotOf(check, node, place) : place.spot;
  return report(check, spot, "CFG-005", parameters, { hints });
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

function kindOf(node: Node | null): WordKey {
  if (isMap(node) || isSeq(node)) {
    return isMap(node) ? "found.group" : "found.list";
  }
  const value = isScalar(node) ? node.value : null;
  if (value === null) {
    return "found.nothing";
  }
  return typeof value === "boolean"
    ? "found.flag"
    : typeof value === "number"
      ? "found.number"
      : "found.text";
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
function homesOf(schema: SchemaNode): Map<string, string[]> {
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

function hint(word: WordKey, parameters: Readonly<Record<string, Value>>): Word {
  return { word, parameters };
}

function didYouMean(suggestion: string | null): ProblemOptions {
  return suggestion === null ? {} : { hints: [hint("hint.didYouMean", { suggestion })] };
}

function placeWord(place: Place): Word {
  return place.key === "" ? { word: "place.whole" } : { word: "place.key", parameters: { key: place.key } };
}

function exampleLine(schema: SchemaNode, place: Place): string {
  const example = exampleOf(schema, place.key);
  return place.key === "" ? example : `${place.key}: ${example}`;
}

/** Longest value that is quoted in a sentence. */
const shownMax = 60;

function shown(check: Check, text: string): Value {
  if (check.source.secret) {
    return { word: "secret" };
  }
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : "?";
}

function keySpot(check: Check, pair: Pair, place: Place): Spot {
  return spotOf(check, pair.key as Node | null, place);
}

function valueSpot(check: Check, pair: Pair, place: Place): Spot {
  return spotOf(check, pair.value as Node | null, { key: place.key, spot: keySpot(check, pair, place) });
}

function spotOf(check: Check, node: Node | null, place: Place): Spot {
  return node?.range ? spotAt(check, node.range[0], Math.max(1, node.range[1] - node.range[0])) : place.spot;
}

function spotAt(check: Check, offset: number, length: number): Spot {
  const position = check.lineCounter.linePos(offset);
  const line = Math.max(0, position.line - 1);
  const column = Math.max(0, position.col - 1);
  const rest = (check.source.lines[line]?.length ?? 0) - column;
  return { line, column, length: Math.max(1, Math.min(length, rest)) };
}

function indentAt(check: Check, line: number): number {
  return /^\s*/.exec(check.source.lines[line] ?? "")?.[0].length ?? 0;
}

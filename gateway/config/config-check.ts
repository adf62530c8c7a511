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
import type { Value } from "../words/words.ts";
import {
  type Check,
  didYouMean,
  hint,
  keySpot,
  keyText,
  type Place,
  placeWord,
  report,
  spotAt,
  spotOf,
  valueSpot,
  wrongType,
} from "./config-report.ts";
import { readScalar } from "./config-scalar.ts";
import { aboutOf, defaultOf, exampleOf, homesOf, isRequired, type SchemaNode } from "./config-schema.ts";
import { nearest } from "./nearest.ts";
import { type Found, found, type Source } from "./yaml-source.ts";

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
  return readGroup(check, withKind(chosen.schema, key, chosen.kind), node, place);
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
    const homes = check.homes.get(key) ?? [];
    const home = homes[0];
    const free = known.filter((one) => !present.has(one) && !meant.has(one));
    const suggestion = home === undefined ? (nearest(key, free) ?? nearest(key, known)) : null;
    if (suggestion !== null && free.includes(suggestion)) {
      meant.set(suggestion, pair);
    }
    if (suggestion === null) {
      check.unknown.push(key);
    }
    const parent: Value = home === "" ? { word: "place.whole" } : (home ?? "");
    // Known to another kind of the same list, or known elsewhere in the file.
    const stray = homes.includes(place.key) ? hint("hint.otherKind", {}) : hint("hint.belongsTo", { parent });
    const options = home === undefined ? didYouMean(suggestion) : { hints: [stray] };
    report(check, keySpot(check, pair, place), "CFG-003", { key, known }, options);
  }
  return meant;
}

/** Keys that must stand alone, or of which one must stand, or that need another beside them. */
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
  for (const group of schema.atLeastOne ?? []) {
    if (!group.some((key) => keys.has(key))) {
      const [key = ""] = group;
      const example = `${key}: ${exampleOf(schema.properties?.[key] ?? {}, key)}`;
      report(check, place.spot, "CFG-025", { place: placeWord(place), keys: group, example });
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

import { isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from "yaml";
import type { ProblemCode, ProblemOptions, ProblemParameters } from "../problem.ts";
import type { Value, Word, WordKey } from "../words/words.ts";
import { aboutOf, exampleOf, type SchemaNode } from "./config-schema.ts";
import { type Found, found, type Source, type Spot } from "./yaml-source.ts";

/** One check of a document: what it has found so far, and where things are in the source. */
export interface Check {
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
export interface Place {
  readonly key: string;
  readonly spot: Spot;
}

/** Notes a problem; gives undefined, so that a reader can return it in place of a value. */
export function report<Code extends ProblemCode>(
  check: Check,
  spot: Spot,
  code: Code,
  parameters: ProblemParameters<Code>,
  options?: ProblemOptions,
): undefined {
  check.problems.push(found(check.source, spot, code, parameters, options));
  return undefined;
}

/** A value of another kind than the schema asks for. */
export function wrongType(
  check: Check,
  schema: SchemaNode,
  node: Node | null,
  place: Place,
  expected: WordKey,
  hints: readonly Word[] = [],
): undefined {
  const parameters = {
    key: place.key === "" ? { word: "place.file" as const } : place.key,
    expected: { word: expected },
    found: { word: kindOf(node) },
    about: aboutOf(schema),
    example: exampleLine(schema, place),
  };
  const spot = isScalar(node) && node.value !== null ? spotOf(check, node, place) : place.spot;
  return report(check, spot, "CFG-005", parameters, { hints });
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

/** A further sentence with its values. */
export function hint(word: WordKey, parameters: Readonly<Record<string, Value>>): Word {
  return { word, parameters };
}

/** The options of a problem with a suggestion, or none. */
export function didYouMean(suggestion: string | null): ProblemOptions {
  return suggestion === null ? {} : { hints: [hint("hint.didYouMean", { suggestion })] };
}

/** A place as sentences name it after “in”. */
export function placeWord(place: Place): Word {
  return place.key === "" ? { word: "place.whole" } : { word: "place.key", parameters: { key: place.key } };
}

/** A line that would work. */
export function exampleLine(schema: SchemaNode, place: Place): string {
  const example = exampleOf(schema, place.key);
  return place.key === "" ? example : `${place.key}: ${example}`;
}

/** Longest value that is quoted in a sentence. */
const shownMax = 60;

/** A value as it may be quoted in a sentence. */
export function shown(check: Check, text: string): Value {
  if (check.source.secret) {
    return { word: "secret" };
  }
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}

/** A key as it stands in the file. */
export function keyText(pair: Pair): string {
  return isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : "?";
}

/** Where a key stands. */
export function keySpot(check: Check, pair: Pair, place: Place): Spot {
  return spotOf(check, pair.key as Node | null, place);
}

/** Where the value of a key stands, or the key where it has none. */
export function valueSpot(check: Check, pair: Pair, place: Place): Spot {
  return spotOf(check, pair.value as Node | null, { key: place.key, spot: keySpot(check, pair, place) });
}

/** Where a node stands, or the place it is missing at. */
export function spotOf(check: Check, node: Node | null, place: Place): Spot {
  return node?.range ? spotAt(check, node.range[0], Math.max(1, node.range[1] - node.range[0])) : place.spot;
}

/** An offset of the text as a place, within one line. */
export function spotAt(check: Check, offset: number, length: number): Spot {
  const position = check.lineCounter.linePos(offset);
  const line = Math.max(0, position.line - 1);
  const column = Math.max(0, position.col - 1);
  const rest = (check.source.lines[line]?.length ?? 0) - column;
  return { line, column, length: Math.max(1, Math.min(length, rest)) };
}

/** Column of the first sign of a line. */
export function indentAt(check: Check, line: number): number {
  return /^\s*/.exec(check.source.lines[line] ?? "")?.[0].length ?? 0;
}

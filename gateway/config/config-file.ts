import { open } from "node:fs/promises";
import type { Static, TSchema } from "@sinclair/typebox";
import type { ProblemError } from "../problem.ts";
import { problemOfSystemError } from "../system-error.ts";
import { checkDocument } from "./config-check.ts";
import { isRequired, nodeOf } from "./config-schema.ts";
import { configMax, type Found, found, type Source, sourceOf } from "./yaml-source.ts";
import { parseYaml } from "./yaml-syntax.ts";

export interface ConfigSource {
  /** As problems name it; relative paths in the file start at its folder. */
  readonly file: string;
  readonly text: string | Uint8Array;
  /** The file holds a key: problems show nothing of its content. */
  readonly secret?: boolean;
}

/** Problems of one file that are told at most. */
const problemsMax = 50;

/**
 * The value of a YAML file by its schema (schema.ts), with all defaults filled in; or every mistake in it, one problem each, in the order of
 * the lines.
 */
export function loadConfig<T extends TSchema>(schema: T, content: ConfigSource): Static<T> | ProblemError[] {
  const { source, problems: unreadable } = sourceOf(content.file, content.text, content.secret === true);
  if (unreadable.length > 0 && source.lines.length === 0) {
    return unreadable.map((one) => one.error);
  }
  if (source.lines.every((line) => /^\s*(#.*|---)?$/.test(line))) {
    return [emptyProblem(schema, source).error];
  }
  const parsed = parseYaml(source);
  const lexical = [...unreadable, ...parsed.problems];
  if (parsed.document === null) {
    return inOrder(lexical);
  }
  const checked = checkDocument(nodeOf(schema), parsed.document, parsed.lineCounter, source);
  const excuses = parsed.guessed.reduce(
    (text, [first, end]) => `${text}\n${source.lines.slice(first, end).join("\n")}`,
    parsed.leftOut,
  );
  const spoiled = new Set(lexical.map((one) => one.spot.line));
  const rest = checked.problems.filter(
    ({ spot, error }) =>
      !spoiled.has(spot.line) &&
      !parsed.guessed.some(([first, end]) => spot.line >= first && spot.line < end) &&
      !isExcused(error, excuses),
  );
  if (lexical.length + checked.problems.length === 0) {
    return checked.value as Static<T>;
  }
  return inOrder([...lexical, ...rest]);
}

/** Reads a file and gives its value or its problems; never rejects. */
export async function readConfig<T extends TSchema>(
  schema: T,
  file: string,
  secret = false,
): Promise<Static<T> | ProblemError[]> {
  try {
    return loadConfig(schema, { file, text: await readBounded(file), secret });
  } catch (error) {
    return [problemOfSystemError(error, file)];
  }
}

/** At most one byte more than a config may have, so that no file, however large, fills the memory. */
async function readBounded(file: string): Promise<Uint8Array> {
  const handle = await open(file, "r");
  try {
    const bytes = new Uint8Array(configMax + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, null);
      if (bytesRead === 0) {
        break;
      }
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await handle.close();
  }
}

function inOrder(problems: readonly Found[]): ProblemError[] {
  const sorted = [...problems].sort((a, b) => a.spot.line - b.spot.line || a.spot.column - b.spot.column);
  return sorted.slice(0, problemsMax).map((one) => one.error);
}

/** What stood in lines that could not be read, or not for certain, is not missing. */
function isExcused(error: ProblemError, excuses: string): boolean {
  const absent = ["CFG-004", "CFG-005", "CFG-017", "CFG-020", "CFG-021", "CFG-025"].includes(error.code);
  const { key: own, other, keys: group } = error.parameters;
  const keys = [own, other, ...(error.code === "CFG-025" && Array.isArray(group) ? group : [])];
  return absent && keys.some((key) => typeof key === "string" && key !== "" && excuses.includes(key));
}

function emptyProblem(schema: TSchema, source: Source): Found {
  const node = nodeOf(schema);
  const keys = Object.keys(node.properties ?? {}).filter((key) => isRequired(node, key));
  const example = keys.includes("sensors") ? "firmware/device.example.yaml" : "gateway/gateway.example.yaml";
  return found(source, { line: 0, column: 0, length: 1 }, "CFG-016", { keys, example });
}

import { dirname, resolve } from "node:path";
import {
  type ProblemCode,
  type ProblemError,
  type ProblemOptions,
  type ProblemParameters,
  problem,
} from "../problem.ts";

/** A config file as it stands, and where in it problems are. */
export interface Source {
  /** As the person named it. */
  readonly file: string;
  /** Where relative paths in it start. */
  readonly folder: string;
  readonly lines: readonly string[];
  /** It holds a key: nothing of it may be shown. */
  readonly secret: boolean;
}

/** A place in a source; `line` and `column` count from 0. */
export interface Spot {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** A problem with where it is, so that it can be sorted and folded. */
export interface Found {
  readonly spot: Spot;
  readonly error: ProblemError;
}

export function found<Code extends ProblemCode>(
  source: Source,
  spot: Spot,
  code: Code,
  parameters: ProblemParameters<Code>,
  options: ProblemOptions = {},
): Found {
  const where = { file: source.file, line: spot.line + 1, column: spot.column + 1 };
  const text = source.lines[spot.line];
  const shown = source.secret || text === undefined ? {} : { excerpt: { text, length: spot.length } };
  return { spot, error: problem(code, parameters, { ...options, ...shown, where }) };
}

/** Largest config file, in bytes. */
export const configMax = 1024 * 1024;

/**
 * The text of a file, with a problem for each line that is not UTF-8 (its bad bytes are U+FFFD then), or for the whole when it is
 * larger than `configMax` or no text (it has no lines then).
 */
export function sourceOf(
  file: string,
  content: string | Uint8Array,
  secret: boolean,
): { source: Source; problems: Found[] } {
  const folder = dirname(resolve(file));
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  if (bytes.length > configMax) {
    const source = { file, folder, lines: [], secret };
    return {
      source,
      problems: [found(source, { line: 0, column: 0, length: 1 }, "CFG-012", { most: "1 MiB" })],
    };
  }
  if (bytes.includes(0)) {
    // Text in UTF-16, or no text at all: one problem says it better than one for each line.
    const line = bytes.subarray(0, bytes.indexOf(0)).filter((byte) => byte === 10).length;
    const source = { file, folder, lines: [], secret };
    const spot = { line, column: bytes.indexOf(0) - bytes.lastIndexOf(10, bytes.indexOf(0)) - 1, length: 1 };
    return { source, problems: [found(source, spot, "CFG-011", { byte: "00" })] };
  }
  const lines = new TextDecoder("utf-8").decode(bytes).split(/\r?\n/);
  const source = { file, folder, lines, secret };
  const problems: Found[] = [];
  let start = 0;
  for (let line = 0; line < lines.length; line++) {
    const end = bytes.indexOf(10, start);
    const part = bytes.subarray(start, end < 0 ? bytes.length : end);
    const bad = firstBadByte(part);
    if (bad !== null) {
      const column = new TextDecoder("utf-8").decode(part.subarray(0, bad)).length;
      const byte = part[bad]!.toString(16).toUpperCase().padStart(2, "0");
      problems.push(found(source, { line, column, length: 1 }, "CFG-011", { byte }));
    }
    start = end + 1;
  }
  return { source, problems };
}

/** Offset of the first byte that is not UTF-8, or null. */
function firstBadByte(bytes: Uint8Array): number | null {
  if (isUtf8(bytes)) {
    return null;
  }
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    // A cut inside a character is no fault of the file: up to three bytes are given to complete it.
    if (
      [0, 1, 2, 3].some((more) => middle + more <= bytes.length && isUtf8(bytes.subarray(0, middle + more)))
    ) {
      good = middle;
    } else {
      bad = middle;
    }
  }
  return good;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

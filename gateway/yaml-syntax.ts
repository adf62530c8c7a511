import {
  type Document,
  isCollection,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { type Found, found, type Source, type Spot } from "./yaml-source.ts";

/**
 * YAML 1.2 of a source. The `yaml` package says where it stumbled, which is often not where the mistake is: a quotation mark that is
 * never closed shows at the end of the file. This file finds the line a person has to change, says so once, mends the line in a copy and
 * reads on, so that what follows is checked too.
 */
export interface Parsed {
  readonly document: Document.Parsed | null;
  readonly lineCounter: LineCounter;
  readonly problems: readonly Found[];
  /** Lines that could not be mended and were left out, as one text. */
  readonly leftOut: string;
}

/** Mistakes of syntax that are reported at most. */
const mistakesMax = 20;
/** Deepest nesting, far beyond any config. */
const depthMax = 32;

export function parseYaml(source: Source): Parsed {
  const lines = [...source.lines];
  const problems: Found[] = [...cutSecondDocument(source, lines), ...mendTabs(source, lines)];
  const deep = tooDeep(source, lines);
  if (deep !== null) {
    return { document: null, lineCounter: new LineCounter(), problems: [...problems, deep], leftOut: "" };
  }
  let leftOut = "";
  const mended = new Set<number>();
  for (;;) {
    const lineCounter = new LineCounter();
    const text = lines.join("\n");
    const document = parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: "silent",
    });
    if (document.errors.length === 0) {
      return { document, lineCounter, problems, leftOut };
    }
    if (mended.size >= mistakesMax) {
      return { document: null, lineCounter, problems, leftOut };
    }
    const mistake = mistakeOf(source, lines, document, lineCounter);
    const line = mistake.found.spot.line;
    if (!problems.some((known) => known.spot.line === line) && !mended.has(line)) {
      problems.push(mistake.found);
    }
    if (mistake.mended === null || mended.has(line)) {
      if (lines[line]?.trim() === "") {
        return { document: null, lineCounter, problems, leftOut };
      }
      leftOut += leaveOut(lines, line);
    } else {
      lines[line] = mistake.mended;
    }
    mended.add(line);
  }
}

interface Mistake {
  readonly found: Found;
  /** The line as it was probably meant; null where nobody can tell. */
  readonly mended: string | null;
}

function mistakeOf(
  source: Source,
  lines: readonly string[],
  document: Document.Parsed,
  counter: LineCounter,
): Mistake {
  const errors = document.errors;
  const error = errors[0]!;
  const spot = spotOf(counter, error.pos[0], Math.max(1, error.pos[1] - error.pos[0]));
  const open = unclosed(lines, document, counter, error);
  if (open !== null) {
    return { found: found(source, open.spot, "CFG-018", { sign: { word: open.sign } }), mended: open.mended };
  }
  const text = lines[spot.line] ?? "";
  const multiline = errors.some(
    (other) => other.code === "MULTILINE_IMPLICIT_KEY" && other.pos[0] === error.pos[0],
  );
  if (/^\s*-[^\s-]/.test(text)) {
    const at = { line: spot.line, column: text.indexOf("-"), length: 1 };
    return {
      found: found(source, at, "CFG-001", { reason: { word: "yaml.dash" } }),
      mended: text.replace("-", "- "),
    };
  }
  if (error.code === "MULTILINE_IMPLICIT_KEY" && !/:(\s|$)/.test(text)) {
    return withoutColon(source, spot.line, text);
  }
  if (multiline || error.code === "BAD_INDENT" || /^Sequence item without/.test(error.message)) {
    return misindented(source, lines, error.code === "BAD_INDENT" ? spot.line : spot.line + 1, multiline);
  }
  const reason = reasons[error.code] ?? "yaml.general";
  const quoted =
    error.code === "BLOCK_AS_IMPLICIT_KEY" || error.code === "BAD_SCALAR_START" ? inQuotes(text) : null;
  return { found: found(source, spot, "CFG-001", { reason: { word: reason } }), mended: quoted };
}

const reasons = {
  BAD_SCALAR_START: "yaml.scalarStart",
  BLOCK_AS_IMPLICIT_KEY: "yaml.colon",
  BAD_DQ_ESCAPE: "yaml.escape",
  MISSING_CHAR: "yaml.comma",
  MULTILINE_IMPLICIT_KEY: "yaml.multiline",
  KEY_OVER_1024_CHARS: "yaml.multiline",
  RESOURCE_EXHAUSTION: "yaml.tooMuch",
} as const satisfies Partial<Record<YAMLError["code"], string>> as Partial<
  Record<
    YAMLError["code"],
    "yaml.scalarStart" | "yaml.colon" | "yaml.escape" | "yaml.comma" | "yaml.multiline" | "yaml.tooMuch"
  >
>;

/** The first quotation mark or bracket that is opened on one line and not closed there: values of ours never span lines. */
function unclosed(
  lines: readonly string[],
  document: Document.Parsed,
  counter: LineCounter,
  error: YAMLError,
) {
  const flow = /^Flow (sequence|map) in block/.test(error.message) || error.code === "MISSING_CHAR";
  let open: {
    spot: Spot;
    sign: "sign.doubleQuote" | "sign.singleQuote" | "sign.bracket" | "sign.brace";
    mended: string;
  } | null = null;
  visit(document, {
    Node: (_key, node) => {
      const range = node.range;
      if (!range || range[0] > error.pos[0]) {
        return undefined;
      }
      const spot = spotOf(counter, range[0], 1);
      const line = lines[spot.line] ?? "";
      const spansLines = counter.linePos(Math.max(range[0], range[1] - 1)).line - 1 > spot.line;
      if (isScalar(node) && (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE")) {
        const mark = node.type === "QUOTE_DOUBLE" ? '"' : "'";
        if (spansLines || /closing/.test(error.message)) {
          open = { spot, sign: mark === '"' ? "sign.doubleQuote" : "sign.singleQuote", mended: line + mark };
          return visit.BREAK;
        }
      } else if (isCollection(node) && node.flow && flow && (spansLines || error.pos[0] >= range[1] - 1)) {
        const bracket = line[spot.column] === "[";
        open = { spot, sign: bracket ? "sign.bracket" : "sign.brace", mended: line + (bracket ? "]" : "}") };
        return visit.BREAK;
      }
      return undefined;
    },
  });
  return open as { spot: Spot; sign: "sign.bracket"; mended: string } | null;
}

/** `bytes:5`, `bytes 5`, `bytes = 5`, `spool` above indented lines. */
function withoutColon(source: Source, line: number, text: string): Mistake {
  const match = /^(\s*(?:- +)?)([A-Za-z][\w-]*)\s*[:=]?\s*(.*)$/.exec(text);
  const mended = match === null ? null : `${match[1]}${match[2]}: ${match[3]}`.trimEnd();
  const column = text.length - text.trimStart().length;
  const spot = { line, column, length: Math.max(1, text.trim().length) };
  const example = mended === null || source.secret ? "key: value" : mended.trim();
  return { found: found(source, spot, "CFG-022", { example }), mended };
}

/**
 * A line whose indentation fits nothing. `suspect` is where YAML stumbled; the mistake may be one line before it, where that
 * one is the odd one out among its neighbours.
 */
function misindented(source: Source, lines: readonly string[], suspect: number, continued: boolean): Mistake {
  const at = nextLine(lines, suspect);
  const before = previousLine(lines, at);
  const own = indentOf(lines[at] ?? "");
  const above = indentOf(lines[before] ?? "");
  const fits = (line: number, indent: number) => levelsAbove(lines, line).includes(indent);
  const odd = continued
    ? // `key: value` followed by something deeper: the upper one is odd when the lower one agrees with what stood before it
      fits(before, own) && !isFirstOfLevel(lines, before, above)
    : // items of one level at two indentations: the first one is odd when the second stands where a level is expected
      own === parentIndent(lines, before) + indentStep(lines) &&
      above !== own &&
      isOnlyOne(lines, before, at);
  const line = odd ? before : at;
  const meant = odd ? own : lines[before]?.trimEnd().endsWith(":") ? above + 2 : above;
  const text = lines[line] ?? "";
  const column = text.length - text.trimStart().length;
  return {
    found: found(source, { line, column, length: 1 }, "CFG-002", {}),
    mended: " ".repeat(meant) + text.trimStart(),
  };
}

/** Column of a line's first key: the hyphens of a list count as indentation. */
function indentOf(line: string): number {
  return /^(?:\s|- )*/.exec(line)?.[0].length ?? 0;
}

function isContent(line: string | undefined): boolean {
  return line !== undefined && /^\s*[^\s#]/.test(line);
}

function nextLine(lines: readonly string[], from: number): number {
  for (let line = from; line < lines.length; line++) {
    if (isContent(lines[line])) {
      return line;
    }
  }
  return Math.min(from, lines.length - 1);
}

function previousLine(lines: readonly string[], from: number): number {
  for (let line = from - 1; line >= 0; line--) {
    if (isContent(lines[line])) {
      return line;
    }
  }
  return Math.max(0, from - 1);
}

/** Indentations that are open above a line: its earlier siblings' and its parents'. */
function levelsAbove(lines: readonly string[], line: number): number[] {
  const levels: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let i = line - 1; i >= 0; i--) {
    const indent = indentOf(lines[i] ?? "");
    if (isContent(lines[i]) && indent < least) {
      levels.push(indent);
      least = indent;
    }
  }
  return levels;
}

function isFirstOfLevel(lines: readonly string[], line: number, indent: number): boolean {
  return !levelsAbove(lines, line).includes(indent);
}

function parentIndent(lines: readonly string[], line: number): number {
  const indent = indentOf(lines[line] ?? "");
  return levelsAbove(lines, line).find((level) => level < indent) ?? -2;
}

/** Whether nothing at the indentation of `line` stands between its parent and `other`, but for itself. */
function isOnlyOne(lines: readonly string[], line: number, other: number): boolean {
  return previousLine(lines, line) < other && levelsAbove(lines, line)[0] === parentIndent(lines, line);
}

/** How far a level is indented in this file: the most frequent step, two spaces where there is none. */
function indentStep(lines: readonly string[]): number {
  const counts = new Map<number, number>();
  for (let line = 1; line < lines.length; line++) {
    const step = indentOf(lines[line] ?? "") - indentOf(lines[line - 1] ?? "");
    if (step > 0 && isContent(lines[line]) && isContent(lines[line - 1])) {
      counts.set(step, (counts.get(step) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 2;
}

function inQuotes(text: string): string | null {
  const match = /^(\s*(?:- )?[\w-]+: )([^'"]*)$/.exec(text);
  return match === null ? null : `${match[1]}"${match[2]?.replace(/\\/g, "\\\\")}"`;
}

/** Takes a line and what hangs below it out of the copy; its text says which keys are not really missing. */
function leaveOut(lines: string[], line: number): string {
  const indent = indentOf(lines[line] ?? "");
  let text = "";
  for (
    let i = line;
    i < lines.length && (i === line || !isContent(lines[i]) || indentOf(lines[i] ?? "") > indent);
    i++
  ) {
    text += `${lines[i]}\n`;
    lines[i] = "";
  }
  return text;
}

function cutSecondDocument(source: Source, lines: string[]): Found[] {
  const first = lines.findIndex((line) => isContent(line) && !/^(%|---)/.test(line));
  const second = lines.findIndex((line, i) => i > first && first >= 0 && /^(---|\.\.\.)(\s|$)/.test(line));
  if (second < 0) {
    return [];
  }
  const end = lines[second]?.startsWith("...") === true && !lines.slice(second + 1).some(isContent);
  lines.length = second;
  return end ? [] : [found(source, { line: second, column: 0, length: 3 }, "CFG-014", {})];
}

function mendTabs(source: Source, lines: string[]): Found[] {
  const problems: Found[] = [];
  for (let line = 0; line < lines.length; line++) {
    const text = lines[line] ?? "";
    const tab = /^[ ]*\t/.exec(text);
    if (tab !== null && isContent(text)) {
      problems.push(found(source, { line, column: tab[0].length - 1, length: 1 }, "CFG-010", {}));
      const before = lines[previousLine(lines, line)] ?? "";
      const indent = indentOf(before) + (before.trimEnd().endsWith(":") ? 2 : 0);
      lines[line] = " ".repeat(indent) + text.trimStart();
    }
  }
  return problems;
}

/** Nesting is counted before the file is parsed, so that a hostile one costs nothing. */
function tooDeep(source: Source, lines: readonly string[]): Found | null {
  let depth = 0;
  for (let line = 0; line < lines.length; line++) {
    const text = lines[line] ?? "";
    const hyphens = /(?:[-?:] +){33}/.exec(text);
    for (let column = 0; column < text.length; column++) {
      const sign = text[column];
      depth += sign === "[" || sign === "{" ? 1 : sign === "]" || sign === "}" ? -1 : 0;
      depth = Math.max(0, depth);
      if (depth > depthMax || hyphens !== null) {
        return found(source, { line, column: hyphens?.index ?? column, length: 1 }, "CFG-019", {
          most: depthMax,
        });
      }
    }
  }
  return null;
}

function spotOf(counter: LineCounter, offset: number, length: number): Spot {
  const position = counter.linePos(offset);
  return { line: Math.max(0, position.line - 1), column: Math.max(0, position.col - 1), length };
}

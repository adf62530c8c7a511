import {
  type Document,
  isCollection,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import {
  blockAround,
  hasGroupBelow,
  indentOf,
  isContent,
  misstepAt,
  nextLine,
  previousLine,
} from "./yaml-indent.ts";
import { cutSecondDocument, mendTabs, tooDeep } from "./yaml-lines.ts";
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
  /** Stretches of lines, first and one behind the last, whose meaning is a guess: nothing but the mistake itself is told there. */
  readonly guessed: readonly (readonly [number, number])[];
}

/** Mistakes of syntax that are reported at most. */
const mistakesMax = 20;

export function parseYaml(source: Source): Parsed {
  const lines = [...source.lines];
  const problems: Found[] = [...cutSecondDocument(source, lines), ...mendTabs(source, lines)];
  const guessed: (readonly [number, number])[] = [];
  let leftOut = "";
  let lineCounter = new LineCounter();
  const give = (document: Document.Parsed | null): Parsed => ({
    document,
    lineCounter,
    problems,
    leftOut,
    guessed,
  });
  const deep = tooDeep(source, lines);
  if (deep !== null) {
    problems.push(deep);
    return give(null);
  }
  let errorsBefore = Number.POSITIVE_INFINITY;
  for (let round = 0; round < mistakesMax; round++) {
    lineCounter = new LineCounter();
    const document = parseDocument(lines.join("\n"), {
      lineCounter,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: "silent",
    });
    const errors = document.errors.length;
    if (errors === 0) {
      return give(document);
    }
    if (errors >= errorsBefore && round > 0) {
      // Mending made nothing better: what follows would be told of our guess, not of the file.
      return give(null);
    }
    errorsBefore = errors;
    const mistake = mistakeOf(source, lines, document, lineCounter);
    const line = mistake.found.spot.line;
    if (!problems.some((known) => known.spot.line === line)) {
      problems.push(mistake.found);
    }
    if (mistake.guess) {
      guessed.push(blockAround(source.lines, line));
    }
    if (mistake.mended === null) {
      leftOut += leaveOut(lines, line);
    } else {
      lines[line] = mistake.mended;
    }
  }
  return give(null);
}

interface Mistake {
  readonly found: Found;
  /** The line as it was probably meant; null where nobody can tell. */
  readonly mended: string | null;
  /** What hangs together with the line is not certain. */
  readonly guess?: boolean;
}

function mistakeOf(
  source: Source,
  lines: readonly string[],
  document: Document.Parsed,
  counter: LineCounter,
): Mistake {
  const error = document.errors[0]!;
  const open = unclosed(lines, document, counter, error);
  if (open !== null) {
    return {
      found: found(source, open.spot, "CFG-018", { sign: { word: open.sign } }),
      mended: open.mended,
    };
  }
  const stumbled = spotOf(counter, error.pos[0], Math.max(1, error.pos[1] - error.pos[0]));
  const line = nextLine(lines, stumbled.line);
  const text = lines[line] ?? "";
  if (/^\s*-[^\s-]/.test(text)) {
    const spot = { line, column: text.indexOf("-"), length: 1 };
    return {
      found: found(source, spot, "CFG-001", { reason: { word: "yaml.dash" } }),
      mended: text.replace("-", "- "),
      guess: true,
    };
  }
  const bare = [line, previousLine(lines, line)].find(
    (one) => isContent(lines[one]) && !/:(\s|$)|^---/.test(lines[one] ?? ""),
  );
  if (
    bare !== undefined &&
    /MULTILINE_IMPLICIT_KEY|UNEXPECTED_TOKEN|MISSING_CHAR|BAD_INDENT/.test(error.code)
  ) {
    return withoutColon(source, bare, lines[bare] ?? "");
  }
  const multiline = document.errors.some(
    (other) => other.code === "MULTILINE_IMPLICIT_KEY" && other.pos[0] === error.pos[0],
  );
  const own = /^(\s*(?:- )?)([\w-]+):( .*)$/.exec(text);
  if (
    multiline &&
    own !== null &&
    hasGroupBelow(lines, line) &&
    misstepAt(lines, line + 1, true).line > line
  ) {
    const spot = { line, column: indentOf(text), length: text.trim().length };
    return {
      found: found(source, spot, "CFG-024", { key: own[2]! }),
      mended: `${own[1]}${own[2]}:`,
      guess: true,
    };
  }
  if (multiline || error.code === "BAD_INDENT" || /^Sequence item without/.test(error.message)) {
    return misindented(source, lines, multiline ? line + 1 : line, multiline);
  }
  const first = nextLine(lines, 0);
  if (error.code === "UNEXPECTED_TOKEN" && indentOf(lines[first]) > 0 && indentOf(text) === 0) {
    return moved(source, lines, { line: first, indent: 0 });
  }
  const twoColons = /^\s*(?:- )?[\w-]+: .*:(\s|$)/.test(text);
  if (error.code === "BLOCK_AS_IMPLICIT_KEY" && !twoColons) {
    return misindented(source, lines, line, false);
  }
  const reason = reasons[error.code] ?? "yaml.general";
  const quoted = twoColons || error.code === "BAD_SCALAR_START" ? inQuotes(text) : null;
  const spot = line === stumbled.line ? stumbled : { line, column: indentOf(text), length: 1 };
  return { found: found(source, spot, "CFG-001", { reason: { word: reason } }), mended: quoted };
}

function misindented(source: Source, lines: readonly string[], suspect: number, continued: boolean): Mistake {
  return moved(source, lines, misstepAt(lines, suspect, continued));
}

function moved(source: Source, lines: readonly string[], misstep: { line: number; indent: number }): Mistake {
  const text = lines[misstep.line] ?? "";
  const spot = { line: misstep.line, column: text.length - text.trimStart().length, length: 1 };
  const mended = " ".repeat(misstep.indent) + text.trimStart();
  return { found: found(source, spot, "CFG-002", {}), mended, guess: true };
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

interface Open {
  readonly spot: Spot;
  readonly sign: "sign.doubleQuote" | "sign.singleQuote" | "sign.bracket" | "sign.brace";
  /** The line with what closes it. */
  readonly mended: string;
}

/** The first quotation mark or bracket that is opened on one line and not closed there: values of ours never span lines. */
function unclosed(
  lines: readonly string[],
  document: Document.Parsed,
  counter: LineCounter,
  error: YAMLError,
): Open | null {
  const found: Open[] = [];
  const text = lines.join("\n");
  const flow = /^Flow (sequence|map) in block/.test(error.message) || error.code === "MISSING_CHAR";
  visit(document, {
    Node: (_key, node) => {
      const range = node.range;
      if (!range || range[0] > error.pos[0]) {
        return undefined;
      }
      const spot = spotOf(counter, range[0], 1);
      const line = lines[spot.line] ?? "";
      const spansLines = counter.linePos(Math.max(range[0], range[1] - 1)).line - 1 > spot.line;
      const quoted = isScalar(node) && (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE");
      const atEnd = range[1] >= error.pos[0] - 1;
      if (quoted && (spansLines || (atEnd && /closing/.test(error.message)))) {
        const double = node.type === "QUOTE_DOUBLE";
        const sign = double ? "sign.doubleQuote" : "sign.singleQuote";
        found.push({ spot, sign, mended: line + (double ? '"' : "'") });
        return visit.BREAK;
      }
      if (isCollection(node) && node.flow && flow && !/[\]}]/.test(text[range[1] - 1] ?? "")) {
        const bracket = line[spot.column] === "[";
        const sign = bracket ? "sign.bracket" : "sign.brace";
        found.push({ spot, sign, mended: line + (bracket ? "]" : "}") });
        return visit.BREAK;
      }
      return undefined;
    },
  });
  return found[0] ?? null;
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

function spotOf(counter: LineCounter, offset: number, length: number): Spot {
  const position = counter.linePos(offset);
  return { line: Math.max(0, position.line - 1), column: Math.max(0, position.col - 1), length };
}

import type { FaultCode } from "../protocols/fault.ts";
import type { en } from "./words/en.ts";
import { type Language, say, type Value, type Word, type WordKey } from "./words/words.ts";

/** The codes of words/en.ts, e.g. "CFG-003". */
export type ProblemCode = WordKey extends infer K ? (K extends `${infer Code}.what` ? Code : never) : never;

/** Exit codes of WIRE section 8; 1 is our own mistake. */
export type Exit = 1 | 64 | 65 | 66 | 69 | 74 | 75 | 77;

type Gaps<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Gaps<Rest>
  : never;
/** What the three sentences of a code need filled in. */
export type ProblemParameters<Code extends ProblemCode> = Readonly<
  Record<Gaps<(typeof en)[`${Code}.${"what" | "why" | "next"}`]>, Value>
>;

export interface Position {
  readonly file: string;
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** The line of a file a problem is about, and how much of it to underline. */
export interface Excerpt {
  readonly text: string;
  readonly length: number;
}

export interface ProblemOptions {
  /** File with line and column, or a port, a broker, an address as the person wrote it. */
  readonly where?: Position | string;
  readonly excerpt?: Excerpt;
  /** Further sentences after `what`, such as a suggestion. */
  readonly hints?: readonly Word[];
  /** Further next steps. */
  readonly steps?: readonly Word[];
}

/**
 * The one error for people: what, where, why and what to do next, in their language. Its texts are in words/; it never shows a
 * stack, an error name of the operating system, or a secret.
 */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly parameters: Readonly<Record<string, Value>>;
  readonly where: Position | string | null;
  readonly excerpt: Excerpt | null;
  readonly hints: readonly Word[];
  readonly steps: readonly Word[];

  constructor(code: ProblemCode, parameters: Readonly<Record<string, Value>>, options: ProblemOptions = {}) {
    super(say("en", `${code}.what`, parameters));
    this.name = "ProblemError";
    this.code = code;
    this.parameters = parameters;
    this.where = options.where ?? null;
    this.excerpt = options.excerpt ?? null;
    this.hints = options.hints ?? [];
    this.steps = options.steps ?? [];
  }

  /** What the command ends with. */
  get exit(): Exit {
    return exitOf(this.code);
  }
}

/** A problem whose sentences are sure to have all they need. */
export function problem<Code extends ProblemCode>(
  code: Code,
  parameters: ProblemParameters<Code>,
  options?: ProblemOptions,
): ProblemError {
  return new ProblemError(code, parameters, options);
}

/** The number in a code is its exit code, save for those that had to share one. */
function exitOf(code: ProblemCode): Exit {
  const group = code.slice(0, 3);
  if (group === "CFG") {
    return 65;
  }
  if (group === "USE") {
    return 64;
  }
  return shared[code] ?? (Number(code.slice(4)) as Exit);
}

const shared: Readonly<Partial<Record<ProblemCode, Exit>>> = {
  "BLD-066": 65,
  "BLD-067": 65,
  "BLD-068": 65,
  "BLD-069": 65,
  "BLD-070": 65,
  "BLD-071": 65,
  "BLD-072": 65,
  "BLD-073": 65,
  "BLD-075": 65,
  "BLD-074": 65,
  "BLD-077": 65,
  "BUG-001": 1,
  "BLE-067": 66,
  "BLE-068": 69,
  "BLE-070": 69,
  "DEV-067": 65,
  "DEV-068": 65,
  "DEV-069": 65,
  "DEV-070": 65,
  "DEV-076": 75,
  "DEV-078": 65,
  "FIL-070": 66,
  "FIL-071": 66,
  "FIL-072": 74,
  "FIL-073": 74,
  "FIL-076": 75,
  "FIL-078": 77,
  "FIL-079": 74,
  "FLS-062": 64,
  "FLS-063": 64,
  "FLS-066": 64,
  "FLS-067": 65,
  "FLS-068": 65,
  "FLS-070": 74,
  "FLS-071": 74,
  "FLS-072": 69,
  "FLS-073": 65,
  "FLS-075": 69,
  "FLS-076": 69,
  "FLS-078": 64,
  "FLS-079": 65,
  "FLS-080": 65,
  "FLS-081": 65,
  "FLS-082": 65,
  "FLS-083": 65,
  "MTR-066": 65,
  "MTR-078": 77,
  "NET-066": 69,
  "NET-067": 69,
  "NET-068": 69,
  "NET-074": 69,
  "NET-076": 65,
  "NET-078": 77,
  "NET-079": 69,
  "SER-067": 66,
  "SER-068": 66,
  "SER-078": 77,
  "SER-079": 77,
  "SIM-065": 64,
  "SIM-070": 69,
  "SIM-071": 69,
  "SPL-066": 74,
  "SPL-073": 74,
  "SPL-076": 74,
};

/** The parts of a problem in one language, as `--json` prints them. */
export interface ProblemText {
  readonly code: ProblemCode;
  readonly where: string | null;
  readonly what: string;
  readonly why: string;
  readonly next: string;
}

export function problemText(error: ProblemError, lang: Language): ProblemText {
  const sentence = (word: Word) => say(lang, word.word, word.parameters);
  const part = (name: "what" | "why" | "next") => say(lang, `${error.code}.${name}`, error.parameters);
  return {
    code: error.code,
    where: whereText(error.where),
    what: [part("what"), ...error.hints.map(sentence)].join(" "),
    why: part("why"),
    next: [part("next"), ...error.steps.map(sentence)].join(" "),
  };
}

/** A problem as one line of a log, in English: what, and what to do next. */
export function problemLine(error: ProblemError): string {
  const { what, next } = problemText(error, "en");
  return `${what} ${next}`;
}

function whereText(where: Position | string | null): string | null {
  return where === null || typeof where === "string" ? where : `${where.file}:${where.line}:${where.column}`;
}

/** A problem as people see it on a terminal: several lines, without one at the end. */
export function renderProblem(
  error: ProblemError,
  view: { readonly lang: Language; readonly color: boolean },
): string {
  const text = problemText(error, view.lang);
  const paint = (code: number, part: string) => (view.color ? `\u001b[${code}m${part}\u001b[0m` : part);
  const title = paint(31, `${say(view.lang, "label.problem")} ${text.code}`);
  const lines = [text.where === null ? title : `${title}  ${printable(text.where)}`];
  lines.push(`  ${paint(1, printable(text.what))}`);
  if (error.excerpt !== null && error.where !== null && typeof error.where !== "string") {
    lines.push(...excerptLines(error.excerpt, error.where).map((line) => paint(2, line)));
  }
  lines.push(`  ${say(view.lang, "label.why")}: ${printable(text.why)}`);
  lines.push(`  ${say(view.lang, "label.next")}: ${printable(text.next)}`);
  return lines.join("\n");
}

/** Most characters of a line that are shown. */
const excerptMax = 90;

function excerptLines(excerpt: Excerpt, where: Position): string[] {
  const at = where.column - 1;
  const start = at > excerptMax - 20 ? at - 40 : 0;
  const shown = printable(excerpt.text).slice(start, start + excerptMax);
  const number = String(where.line).padStart(5);
  const carets = "^".repeat(Math.max(1, Math.min(excerpt.length, shown.length - (at - start))));
  return [`${number} | ${shown}`, `${" ".repeat(number.length)} | ${" ".repeat(at - start)}${carets}`];
}

/** A terminal obeys control characters; text from files and wires must not command it. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, " ");
}

/** What a fault means and what to do next, for screens and logs. */
export function faultText(
  code: FaultCode,
  lang: Language,
): { readonly means: string; readonly next: string } {
  return { means: say(lang, `fault.${code}.means`), next: say(lang, `fault.${code}.next`) };
}

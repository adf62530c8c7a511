/** The board dialect, checked: what a board's interpreter runs, as a bundle that esbuild can make and a linter can read. */
import { SourceMap } from "node:module";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type AnyNode, parse } from "acorn";
import { type BuildFailure, build, type StdinOptions } from "esbuild";
import { findingsOf } from "./dialect-lint.ts";

/** A construct that boards do not run, where it stands. */
export interface DialectError {
  /** Relative to the repository. */
  readonly file: string;
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export interface DialectReport {
  readonly errors: readonly DialectError[];
  /** Of the minified bundle, 0 where there is none. */
  readonly bytes: number;
}

/** ES5, and what of ES2015 and later Espruino has (boards sheet, section 2). Everything else esbuild lowers or refuses. */
const supported = {
  arrow: true,
  class: true,
  "class-field": true,
  "class-static-field": true,
  "const-and-let": true,
  "for-of": true,
  "object-accessors": true,
  "object-extensions": true,
  "template-literal": true,
};

const repository = resolve(fileURLToPath(import.meta.url), "../..");

/** Bundles an entry (a file, or text with the folder it stands in) for boards and gives everything they could not run. */
export async function checkDialect(entry: string | StdinOptions): Promise<DialectReport> {
  const settings = {
    ...(typeof entry === "string" ? { entryPoints: [entry] } : { stdin: entry }),
    absWorkingDir: repository,
    bundle: true,
    write: false,
    outfile: "bundle.js",
    format: "iife",
    target: "es5",
    platform: "neutral",
    supported,
    logLevel: "silent",
    legalComments: "none",
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  } as const;
  try {
    const [plain, small] = await Promise.all([
      build({ ...settings, sourcemap: "external" }),
      build({ ...settings, minify: true }),
    ]);
    const files = plain.outputFiles;
    const text = files.find(({ path }) => path.endsWith(".js"))?.text ?? "";
    const map = files.find(({ path }) => path.endsWith(".map"))?.text ?? "{}";
    return { errors: linted(text, map), bytes: small.outputFiles[0].contents.length };
  } catch (error) {
    return { errors: refusals(error as BuildFailure), bytes: 0 };
  }
}

function refusals(failure: BuildFailure): DialectError[] {
  if (!Array.isArray(failure.errors)) {
    throw failure;
  }
  return failure.errors.map(({ text, location }) => ({
    file: location === null ? "?" : location.file,
    line: location?.line ?? 0,
    column: (location?.column ?? -1) + 1,
    text,
  }));
}

function linted(text: string, map: string): DialectError[] {
  const sources = new SourceMap(JSON.parse(map));
  const tree = parse(text, { ecmaVersion: "latest", locations: true }) as AnyNode;
  return findingsOf(tree).map(({ node, text: why }) => {
    const { line, column } = node.loc!.start;
    const entry = sources.findEntry(line - 1, column);
    return "originalSource" in entry
      ? {
          file: relative(repository, resolve(repository, entry.originalSource)),
          line: entry.originalLine + 1,
          column: entry.originalColumn + 1,
          text: why,
        }
      : { file: "bundle.js", line, column: column + 1, text: why };
  });
}

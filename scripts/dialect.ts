/** The board dialect, checked: what a board's interpreter runs, as a bundle that esbuild can make and a linter can read. */
import { SourceMap } from "node:module";
import { basename, relative, resolve } from "node:path";
import { type AnyNode, parse } from "acorn";
import { type BuildFailure, build, type Metafile, type StdinOptions } from "esbuild";
import { importCycles } from "./dialect-cycles.ts";
import { findingsOf } from "./dialect-lint.ts";
import { refusals } from "./dialect-names.ts";
import { TypedNames } from "./dialect-types.ts";
import { sourceRoot } from "./source-root.ts";

/** A construct that boards do not run, where it stands. */
export interface DialectError {
  /** Relative to the repository. */
  readonly file: string;
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;
  readonly text: string;
  /** What to write in its place. */
  readonly instead: string;
}

export interface DialectReport {
  readonly errors: readonly DialectError[];
  /** Of the minified bundle, 0 where there is none. */
  readonly bytes: number;
}

/** ES5, and what of ES2015 and later Espruino has (boards sheet, section 2). Everything else esbuild lowers or refuses. */
export const boardSupport = {
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

/** Bundles an entry (a file, or text with the folder it stands in) for boards and gives everything they could not run. */
export async function checkDialect(entry: string | StdinOptions): Promise<DialectReport> {
  const root = sourceRoot();
  const settings = {
    ...(typeof entry === "string" ? { entryPoints: [entry] } : { stdin: entry }),
    absWorkingDir: root,
    bundle: true,
    write: false,
    outfile: "bundle.js",
    format: "iife",
    target: "es5",
    platform: "neutral",
    supported: boardSupport,
    logLevel: "silent",
    legalComments: "none",
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  } as const;
  try {
    const [plain, small] = await Promise.all([
      build({ ...settings, sourcemap: "external", metafile: true }),
      build({ ...settings, minify: true }),
    ]);
    const files = plain.outputFiles;
    const text = files.find(({ path }) => path.endsWith(".js"))?.text ?? "";
    const map = files.find(({ path }) => path.endsWith(".map"))?.text ?? "{}";
    const sources = JSON.parse(map) as SourceTexts;
    const texts = new Map(
      sources.sources.map((file, i) => [relative(root, resolve(root, file)), sources.sourcesContent[i]]),
    );
    const errors = [...linted(text, sources, root), ...importErrors(plain.metafile.inputs, texts)];
    return { errors, bytes: small.outputFiles[0].contents.length };
  } catch (error) {
    return { errors: refused(error as BuildFailure), bytes: 0 };
  }
}

/** What a board could not run of a text that is ready for it: whatever made it, its minifier included. */
export function checkText(code: string, file: string): DialectError[] {
  const tree = parse(code, { ecmaVersion: "latest", locations: true }) as AnyNode;
  return findingsOf(tree, () => null).map(({ node, text, instead }) => {
    const { line, column } = node.loc?.start ?? { line: 0, column: 0 };
    return { file, line, column: column + 1, text, instead };
  });
}

function refused(failure: BuildFailure): DialectError[] {
  if (!Array.isArray(failure.errors)) {
    throw failure;
  }
  return failure.errors.map(({ text, location }) => {
    const row = refusals.find(([words]) => words.test(text));
    return {
      file: location === null ? "?" : location.file,
      line: location?.line ?? 0,
      column: (location?.column ?? -1) + 1,
      text: row === undefined ? text : `${row[1]} does not exist on a board`,
      instead: row === undefined ? "what esbuild can lower" : row[2],
    };
  });
}

/** What is read of esbuild's source map. */
interface SourceTexts {
  readonly sources: readonly string[];
  readonly sourcesContent: readonly string[];
}

function linted(text: string, json: SourceTexts, root: string): DialectError[] {
  const sources = new SourceMap(json as never);
  const typed = new TypedNames();
  json.sources.forEach((file, i) => {
    typed.add(file, json.sourcesContent[i]);
  });
  const origin = (node: AnyNode) => {
    const { line, column } = node.loc!.start;
    const entry = sources.findEntry(line - 1, column);
    return "originalSource" in entry ? entry : null;
  };
  const tree = parse(text, { ecmaVersion: "latest", locations: true }) as AnyNode;
  const found = findingsOf(tree, (node) => typed.kindOf(node, origin(node)?.originalSource ?? ""));
  // What esbuild's own helpers do has no place in a source; the call of the helper has.
  return found.flatMap(({ node, text: why, instead }) => {
    const entry = origin(node);
    return entry === null
      ? []
      : [
          {
            file: relative(root, resolve(root, entry.originalSource)),
            line: entry.originalLine + 1,
            column: entry.originalColumn + 1,
            text: why,
            instead,
          },
        ];
  });
}

/** What the imports of a bundle's files do that boards do not: load at run time, and go in circles. */
function importErrors(inputs: Metafile["inputs"], texts: ReadonlyMap<string, string>): DialectError[] {
  const place = (file: string, pattern: RegExp) => {
    const lines = (texts.get(file) ?? "").split("\n");
    const at = lines.findIndex((line) => pattern.test(line));
    return { file, line: at + 1, column: Math.max(0, lines[at]?.search(pattern) ?? 0) + 1 };
  };
  const late = Object.entries(inputs).filter(([, { imports }]) =>
    imports.some(({ kind }) => kind === "dynamic-import"),
  );
  return [
    ...late.map(([file]) => ({
      ...place(file, /\bimport\(/),
      text: "import() does not exist on a board",
      instead: "an import at the top of the file",
    })),
    ...importCycles(inputs).map(([file, ...others]) => ({
      ...place(file, new RegExp(`from ["'][^"']*/${basename(others.at(-1) ?? file)}["']`)),
      text: `files import each other in a circle, and a board runs one before what it needs: ${[file, ...others].join(", ")}`,
      instead: "what both need in a file of its own",
    })),
  ];
}

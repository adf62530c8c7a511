/** TypeScript to one small file that a board's interpreter runs (boards sheet, section 2). */
import { SourceMap } from "node:module";
import type { AnyNode, Program } from "acorn";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { boardSupport } from "../dialect.ts";
import { sourceRoot } from "../source-root.ts";
import { nativeNames } from "./native-names.ts";
import { nativeParts } from "./native-parts.ts";
import { shrink, treeOf } from "./shrink.ts";
import { squeeze } from "./squeeze.ts";
import { walk } from "./walk.ts";

export interface Compiled {
  /** What goes onto the board. */
  readonly code: string;
  /** The same before names and blanks went, for people. */
  readonly readable: string;
  /** Bytes of the code by source file, most first; about, since code of one file stands within that of another. */
  readonly parts: readonly Part[];
}

export interface Part {
  readonly file: string;
  readonly bytes: number;
}

/** Bundles an entry text whose imports start at the repository, with `carried` in the place of whole tables. `entry.ts` is how messages call it. */
export async function compile(entry: string, carried: Plugin): Promise<Compiled> {
  const root = sourceRoot();
  const settings: BuildOptions = {
    absWorkingDir: root,
    bundle: true,
    write: false,
    outfile: "bundle.js",
    target: "es5",
    platform: "neutral",
    supported: boardSupport,
    legalComments: "none",
    logLevel: "silent",
    charset: "ascii",
    treeShaking: true,
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  };
  const stdin = { contents: entry, loader: "ts", resolveDir: root, sourcefile: "entry.ts" } as const;
  const whole = await build({ ...settings, format: "esm", plugins: [nativeParts, carried], stdin });
  const text = textOf(whole.outputFiles, ".js");
  const natives = new Set([...nativeNames(root), ...tableKeys(treeOf(text))]);
  const minified = async (readable: string) => {
    const own = [...memberNames(treeOf(readable))].filter((name) => !natives.has(name));
    const { outputFiles } = await build({
      ...settings,
      format: "iife",
      minify: true,
      sourcemap: "external",
      stdin: { contents: readable, loader: "js", resolveDir: root, sourcefile: "readable.js" },
      mangleProps: new RegExp(`^(?:${own.join("|")})$`),
      mangleCache: { at: false }, // a method that boards lack: no name of ours is made to look like it
    });
    // Members only so that esbuild looks for no file and knows their types; on a board they are always there.
    const made = textOf(outputFiles, ".js")
      .trimEnd()
      .replace(/globalThis\.(?=require\(|(?:I2C|Serial)\d\b)/g, "");
    return { code: made, map: textOf(outputFiles, ".map") };
  };
  const readable = squeeze(shrink(text, natives, true));
  const { code } = await minified(readable);
  const apart = squeeze(shrink(text, natives, false));
  const { code: apartCode, map } = await minified(apart);
  return { code, readable, parts: scaled(partsOf(apartCode, map, apart), code.length / apartCode.length) };
}

/** What a file takes of the bundle, by its share before the parts were put together. */
function scaled(parts: readonly Part[], factor: number): Part[] {
  return parts.map(({ file, bytes }) => ({ file, bytes: Math.round(bytes * factor) }));
}

function textOf(files: readonly { path: string; text: string }[] | undefined, end: string): string {
  return files?.find(({ path }) => path.endsWith(end))?.text ?? "";
}

/** Keys of tables that are asked by a text (`counts[type]`): they keep their names, and none of them is a member that nobody reads. */
function tableKeys(tree: AnyNode): Set<string> {
  const tables = new Set<string>();
  walk(tree, (node) => {
    if (node.type === "MemberExpression" && node.computed && node.object.type === "Identifier") {
      tables.add(node.object.name);
    }
  });
  const keys = new Set<string>();
  for (const statement of (tree as Program).body) {
    for (const { id, init } of statement.type === "VariableDeclaration" ? statement.declarations : []) {
      if (id.type === "Identifier" && tables.has(id.name) && init?.type === "ObjectExpression") {
        for (const property of init.properties) {
          keys.add(
            property.type === "Property" && property.key.type === "Identifier" ? property.key.name : "",
          );
        }
      }
    }
  }
  return keys;
}

/** Names of members of our own objects and of others. */
function memberNames(tree: AnyNode): Set<string> {
  const names = new Set<string>();
  walk(tree, (node) => {
    const key =
      node.type === "MemberExpression"
        ? node.property
        : node.type === "Property" || node.type === "MethodDefinition" || node.type === "PropertyDefinition"
          ? node.key
          : null;
    if (key?.type === "Identifier" && !("computed" in node && node.computed)) {
      names.add(key.name);
    }
  });
  return names;
}

/** By the comments with which esbuild heads each file's part. */
function partsOf(code: string, map: string, readable: string): Part[] {
  let file = "entry.ts";
  const files = readable.split("\n").map((line) => {
    file = /^\/\/ (\S+\.ts)$/.exec(line)?.[1] ?? file;
    return file;
  });
  const sources = new SourceMap(JSON.parse(map));
  const bytes = new Map<string, number>();
  code.split("\n").forEach((line, at) => {
    for (let column = 0; column <= line.length; column++) {
      const entry = sources.findEntry(at, column);
      const owner = "originalLine" in entry ? (files[entry.originalLine] ?? "entry.ts") : "entry.ts";
      bytes.set(owner, (bytes.get(owner) ?? 0) + 1);
    }
  });
  return [...bytes].map(([name, count]) => ({ file: name, bytes: count })).sort((a, b) => b.bytes - a.bytes);
}

import { join } from "node:path";
import { type AnyNode, parse } from "acorn";
import { build, type StdinOptions, transform } from "esbuild";
import { nativeParts } from "../../scripts/board-build/native-parts.ts";
import { boardSupport } from "../../scripts/dialect.ts";

/** One script a board's interpreter runs, of a text that stands in this folder; minified and with native parts where it is to be measured. */
export async function boardBundle(contents: string, minify: boolean): Promise<string> {
  const stdin: StdinOptions = {
    contents,
    loader: "ts",
    resolveDir: join(process.cwd(), "hil-tests/interpreters"), // benches are bundled, and stand elsewhere
    sourcefile: "entry.ts",
  };
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    write: false,
    format: "iife",
    target: "es5",
    platform: "neutral",
    supported: boardSupport,
    logLevel: "silent",
    legalComments: "none",
    plugins: minify ? [nativeParts] : [],
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  });
  const hoisted = functionsFirst(outputFiles[0].text);
  if (!minify) {
    return hoisted;
  }
  return (await transform(hoisted, { minify: true, target: "es5", supported: boardSupport })).code;
}

/** Puts function declarations before what else stands in their block, since the interpreter knows them only from there on. */
export function functionsFirst(source: string): string {
  const text = (node: AnyNode): string => {
    const statements = "body" in node && Array.isArray(node.body) ? (node.body as AnyNode[]) : null;
    const hoists = statements !== null && node.type !== "ClassBody";
    const parts = childrenOf(node).sort((a, b) => a.start - b.start);
    if (hoists && parts.length > 0) {
      const ordered = [
        ...parts.filter((part) => part.type === "FunctionDeclaration"),
        ...parts.filter((part) => part.type !== "FunctionDeclaration"),
      ];
      const last = parts[parts.length - 1];
      return `${source.slice(node.start, parts[0].start)}${ordered.map(text).join("\n")}${source.slice(last.end, node.end)}`;
    }
    let out = "";
    let at = node.start;
    for (const part of parts) {
      out += source.slice(at, part.start) + text(part);
      at = part.end;
    }
    return out + source.slice(at, node.end);
  };
  return text(parse(source, { ecmaVersion: "latest" }) as AnyNode);
}

function childrenOf(node: AnyNode): AnyNode[] {
  const children = new Map<number, AnyNode>();
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === "object" && child !== null && typeof child.type === "string") {
        children.set(child.start, child); // a shorthand property holds its name twice
      }
    }
  }
  return [...children.values()];
}

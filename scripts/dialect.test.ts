import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkDialect, checkText } from "./dialect.ts";

/** A file as a driver could be, in the firmware's folder. */
function inFirmware(contents: string) {
  return checkDialect({
    contents,
    loader: "ts",
    resolveDir: new URL("../firmware", import.meta.url).pathname,
    sourcefile: "example.ts",
  });
}

describe("the board dialect", () => {
  it("is what the firmware core and all its drivers are written in", async () => {
    const { errors, bytes } = await checkDialect("firmware/core.ts");
    expect(errors).toEqual([]);
    expect(bytes).toBeGreaterThan(0);
    // No board carries all drivers: its build takes those that its installation names.
    expect(bytes).toBeLessThan(220_000);
  });

  it("is what the platform for Espruino is written in", async () => {
    const folder = new URL("../boards/platforms", import.meta.url).pathname;
    const names = readdirSync(folder).filter((name) => /^espruino.*(?<!\.test)\.ts$/.test(name));
    const contents = names.map((name, i) => `import * as part${i} from "./${name}"; console.log(part${i});`);
    const { errors, bytes } = await checkDialect({
      contents: contents.join("\n"),
      loader: "ts",
      resolveDir: folder,
    });
    expect(errors).toEqual([]);
    expect(bytes).toBeGreaterThan(0);
  });

  it.each([
    ["an async function", "export const f =\n  async () => 1;"],
    ["a spread", "console.log(\n  Math.max(...[1, 2]));"],
    ["a spread in an array", "console.log(\n  [...[1, 2]]);"],
    ["a destructuring", "const o = { a: 1 };\nconst { a } = o; console.log(a);"],
    ["a default parameter", "console.log(\n  ((a = 1) => a)());"],
    ["a rest parameter", "console.log(\n  ((...a) => a)());"],
    ["a generator", "console.log(\n  function* () { yield 1; });"],
    ["a label", "let i = 0;\nout: while (true) { if (i++ > 3) break out; }"],
    ["a computed key", "const k = 'a';\nconsole.log({ [k]: 1 });"],
    ["a Map", "\nconsole.log(new Map());"],
    ["a built-in that is missing", "const x = 1.5;\nconsole.log(Math.trunc(x));"],
    ["a method that is missing", "const list = [[1]];\nconsole.log(list.flat());"],
    ["a lookahead", "const t = 'a1';\nconsole.log(t.replace(/a(?=1)/, ''));"],
    ["an optional part of a pattern", "const t = 'a1';\nconsole.log(/^-?[0-9]$/.test(t));"],
    [
      "a piece that may be shorter than it says",
      "const b = new Uint8Array(7); let at = 0; while (at < b.length) {\n  console.log(b.subarray(at, at + 4)); at += 4; }",
    ],
    ["an error class", "\nconsole.log(new (class A extends Error {})());"],
    [
      "an arrow that loses its `this` to a function within it",
      "class A { k = 1; f(list: number[]) {\n  return list.map((n) => this.g(n, () => n)); } g(n: number, h: () => number) { return n + h() + this.k; } } console.log(A);",
    ],
    [
      "a function that keeps a loop's variable",
      "const l: (() => number)[] = [];\nfor (let i = 0; i < 3; i++) { l.push(() => i); } console.log(l);",
    ],
  ])("has no place for %s, and the check says where it stands", async (_what, source) => {
    const { errors } = await inFirmware(source);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors[0]).toMatchObject({ file: "firmware/example.ts", line: 2 });
    expect(errors[0].column).toBeGreaterThan(0);
  });

  it("is asked of what a build has made, too", () => {
    const made = checkText("var f=[];for(let i=0;i<3;i++)f.push(()=>i);print(new Map)", "bundle.js");
    expect(made.map(({ file, line, column }) => [file, line, column])).toEqual([
      ["bundle.js", 1, expect.any(Number)],
      ["bundle.js", 1, expect.any(Number)],
    ]);
    expect(checkText("var n=0;(()=>{n++})()", "bundle.js")).toEqual([]);
  });

  it("leaves to esbuild what that can lower", async () => {
    const { errors } = await inFirmware("const o: { a?: number } = {};\nconsole.log(o?.a ?? 2 ** 3);");
    expect(errors).toEqual([]);
  });
});

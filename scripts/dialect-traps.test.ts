/** Everything that boards lack or run otherwise (boards sheet, sections 1 and 2): each is caught, with its place and a way out. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { checkDialect } from "./dialect.ts";

/** What it is, then a file in which it stands on the second line. */
const traps: readonly (readonly [string, string])[] = [
  // Syntax.
  ["a default parameter", "console.log(\n  ((a = 1) => a)());"],
  ["a rest parameter", "console.log(\n  ((...a) => a)());"],
  ["a spread in a call", "console.log(\n  Math.max(...[1, 2]));"],
  ["a spread in an array", "console.log(\n  [...[1, 2]]);"],
  ["a spread in an object", "const o = { a: 1 };\nconsole.log({ ...o });"],
  ["a destructured object", "const o = { a: 1 };\nconst { a } = o; console.log(a);"],
  ["a destructured array", "const l = [1];\nconst [a] = l; console.log(a);"],
  ["a destructured parameter", "console.log(\n  (({ a }) => a)({ a: 1 }));"],
  ["a destructuring for-of", "const l = [[1]];\nfor (const [a] of l) console.log(a);"],
  ["a computed key", "const k = 'a';\nconsole.log({ [k]: 1 });"],
  ["a computed method", "const k = 'a';\nconsole.log(new (class { [k]() {} })());"],
  ["a generator", "console.log(\n  function* () { yield 1; });"],
  ["an async function", "export const f =\n  async () => 1; console.log(f);"],
  ["an await", "const f =\n  async () => { await f(); }; console.log(f);"],
  ["a label", "let i = 0;\nout: while (true) { if (i++ > 3) break out; }"],
  ["a tagged template", "const t = (s: unknown) => s;\nconsole.log(t`a`);"],
  ["a private field", "class A {\n  #x = 1; g() { return this.#x; } } console.log(new A().g());"],
  [
    "a private method",
    "class A {\n  #m() { return 1; } g() { return this.#m(); } } console.log(new A().g());",
  ],
  ["an import at run time", "console.log(\n  import('./fault.ts'));"],
  ["a class of errors", "\nconsole.log(new (class A extends Error {})());"],
  ["new.target", "function F(this: unknown) {\n  return new.target; } console.log(F);"],
  ["a BigInt literal", "\nconsole.log(1n);"],
  // Objects.
  ["Map", "\nconsole.log(new Map());"],
  ["Map under another name", "\nconst M = Map; console.log(new M());"],
  ["Set", "\nconsole.log(new Set());"],
  ["WeakMap", "\nconsole.log(new WeakMap());"],
  ["WeakSet", "\nconsole.log(new WeakSet());"],
  ["WeakRef", "\nconsole.log(new WeakRef({}));"],
  ["Symbol", "\nconsole.log(Symbol());"],
  ["Symbol.iterator", "\nconsole.log(Symbol.iterator);"],
  ["Proxy", "\nconsole.log(new Proxy({}, {}));"],
  ["Reflect", "\nconsole.log(Reflect.ownKeys({}));"],
  ["BigInt", "\nconsole.log(BigInt(1));"],
  ["BigInt64Array", "\nconsole.log(new BigInt64Array(1));"],
  ["BigUint64Array", "\nconsole.log(new BigUint64Array(1));"],
  [
    "a 64-bit read of a DataView",
    "const v = new DataView(new ArrayBuffer(8));\nconsole.log(v.getBigInt64(0));",
  ],
  ["an unsigned 64-bit read", "const v = new DataView(new ArrayBuffer(8));\nconsole.log(v.getBigUint64(0));"],
  ["a 64-bit write of a DataView", "const v: any = new DataView(new ArrayBuffer(8));\nv.setBigInt64(0, 1);"],
  ["TextEncoder", "\nconsole.log(new TextEncoder());"],
  ["TextDecoder", "\nconsole.log(new TextDecoder());"],
  ["queueMicrotask", "\nqueueMicrotask(() => {});"],
  ["structuredClone", "\nconsole.log(structuredClone({}));"],
  ["an iterator of an array", "const l = [1];\nfor (const e of l.entries()) console.log(e);"],
  ["the keys of an array", "const l = [1];\nconsole.log(l.keys());"],
  ["the values of an array", "const l = [1];\nconsole.log(l.values());"],
  // Members of objects.
  ["Object.freeze", "\nconsole.log(Object.freeze({}));"],
  ["Object.is", "\nconsole.log(Object.is(1, 1));"],
  ["Object.hasOwn", "\nconsole.log(Object.hasOwn({}, 'a'));"],
  ["Number.isInteger", "\nconsole.log(Number.isInteger(1));"],
  ["Number.isFinite", "\nconsole.log(Number.isFinite(1));"],
  ["Array.from", "\nconsole.log(Array.from([1]));"],
  ["Array.of", "\nconsole.log(Array.of(1));"],
  ["flat", "const l = [[1]];\nconsole.log(l.flat());"],
  ["flatMap", "const l = [1];\nconsole.log(l.flatMap((a) => [a]));"],
  ["at", "const l = [1];\nconsole.log(l.at(-1));"],
  ["from of a typed array", "\nconsole.log(Uint8Array.from([1]));"],
  ["of of a typed array", "\nconsole.log(Int32Array.of(1));"],
  ["a buffer's slice", "const b = new Uint8Array(4);\nconsole.log(b.buffer.slice(1));"],
  ["slice of an ArrayBuffer by name", "const b = new ArrayBuffer(4);\nconsole.log(b.slice(1));"],
  ["Math.trunc", "const x = 1.5;\nconsole.log(Math.trunc(x));"],
  ["Math.imul", "\nconsole.log(Math.imul(2, 3));"],
  ["Math.fround", "\nconsole.log(Math.fround(2));"],
  ["Math.log2", "\nconsole.log(Math.log2(2));"],
  ["Math.clz32", "\nconsole.log(Math.clz32(2));"],
  ["matchAll", "const t = 'a';\nconsole.log(t.matchAll(/a/g));"],
  ["codePointAt", "const t = 'a';\nconsole.log(t.codePointAt(0));"],
  ["Promise.race", "\nconsole.log(Promise.race([]));"],
  ["Promise.allSettled", "\nconsole.log(Promise.allSettled([]));"],
  ["finally of a promise", "const p = Promise.resolve();\np.finally(() => {});"],
  // Patterns.
  ["a lookahead", "const t = 'a1';\nconsole.log(t.replace(/a(?=1)/, ''));"],
  ["a negative lookahead", "const t = 'a1';\nconsole.log(t.replace(/a(?!1)/, ''));"],
  ["a lookbehind", "const t = 'a1';\nconsole.log(t.replace(/(?<=a)1/, ''));"],
  ["a lazy quantifier", "const t = 'a1';\nconsole.log(t.replace(/a+?/, ''));"],
  ["a counted quantifier", "const t = 'a1';\nconsole.log(t.replace(/a{2}/, ''));"],
  ["a named group", "const t = 'a1';\nconsole.log(t.replace(/(?<x>a)/, ''));"],
  ["a pattern in a text", "const t = 'a1';\nconsole.log(t.replace(new RegExp('a{2}'), ''));"],
  ["an optional part", "const t = 'a1';\nconsole.log(/^-?[0-9]$/.test(t));"],
  // Silently wrong.
  [
    "an arrow that loses its `this` to a function within it",
    "class A { k = 1; f(list: number[]) {\n  return list.map((n) => this.g(n, () => n)); } g(n: number, h: () => number) { return n + h() + this.k; } } console.log(A);",
  ],
  [
    "a function that keeps a counted loop's variable",
    "const l: (() => number)[] = [];\nfor (let i = 0; i < 3; i++) { l.push(() => i); } console.log(l);",
  ],
  [
    "a function that keeps the variable of a for-of",
    "const l: (() => number)[] = [];\nfor (const e of [1]) { l.push(() => e); } console.log(l);",
  ],
  [
    "a function that keeps the variable of a for-in",
    "const l: (() => string)[] = [];\nfor (const k in { a: 1 }) { l.push(function () { return k; }); } console.log(l);",
  ],
  ["a return and its value on two lines", "function f() {\n  return\n  5; } console.log(f());"],
  ["slice of a typed array", "const bytes = new Uint8Array(4);\nconsole.log(bytes.slice(1));"],
  ["slice of a typed parameter", "const f = (b: Uint8Array) =>\n  b.slice(1); console.log(f);"],
  ["slice of a subarray", "const b = new Uint8Array(4);\nconsole.log(b.subarray(1).slice(1));"],
  [
    "slice of what a function gives",
    "function f(): Uint8Array { return new Uint8Array(1); }\nconsole.log(f().slice(1));",
  ],
  [
    "slice of a typed member",
    "class A { b = new Int16Array(2); f() {\n return this.b.slice(1); } } console.log(new A().f());",
  ],
  ["arguments in an arrow", "function f(this: unknown) {\n  return () => arguments; } console.log(f);"],
  ["a method of a built-in prototype", "const l = [1];\nconsole.log(Array.prototype.slice.call(l));"],
  [
    "an inner var that hides a global",
    "function f() { console.log(E);\n  var E = 2; return E; } console.log(f());",
  ],
  // What the boards' crypto does.
  ["AES in counter mode", "const aes: any = {};\nconsole.log(aes.encrypt(1, 2, { mode: 'CTR' }));"],
];

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe("the board dialect", () => {
  it.each(traps)(
    "has no place for %s, and the check says where and what to write instead",
    async (_what, contents) => {
      const resolveDir = new URL("../protocols", import.meta.url).pathname;
      const { errors } = await checkDialect({ contents, loader: "ts", resolveDir, sourcefile: "example.ts" });
      expect(errors.length).toBeGreaterThan(0);
      const error = errors.find(({ line }) => line === 2) ?? errors[0];
      expect(error).toMatchObject({ file: "protocols/example.ts", line: 2 });
      expect(error.column).toBeGreaterThan(0);
      expect(error.text).toMatch(/board/);
      expect(error.instead.length).toBeGreaterThan(3);
    },
  );

  it("has no place for files that import each other in a circle", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dreihasen-cycle-"));
    folders.push(folder);
    writeFileSync(join(folder, "one.ts"), 'import { two } from "./two.ts";\nexport const one = () => two;\n');
    writeFileSync(join(folder, "two.ts"), 'import { one } from "./one.ts";\nexport const two = () => one;\n');
    const { errors } = await checkDialect({
      contents: 'import { one } from "./one.ts";\nconsole.log(one);',
      loader: "ts",
      resolveDir: folder,
      sourcefile: "entry.ts",
    });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ line: 1 });
    expect(errors[0].text).toMatch(/circle.*one\.ts.*two\.ts/);
  });

  it.each([
    ["optional chaining", "const o: { a?: number } = {};\nconsole.log(o?.a);"],
    ["a value for nothing", "const o: { a?: number } = {};\nconsole.log(o.a ?? 2);"],
    ["powers", "const x = 2;\nconsole.log(x ** 3);"],
    [
      "slice of a plain array and of a text",
      "const l = [1, 2]; const t = 'ab';\nconsole.log(l.slice(1), t.slice(1));",
    ],
    ["Object.keys", "const o = { a: 1 };\nconsole.log(Object.keys(o), Object.entries(o));"],
    ["a catch without a name", "try {\n  console.log(1); } catch {}"],
    ["a member called like a missing global", "const o = { Map: 1 };\nconsole.log(o.Map);"],
    ["a loop's variable used in the loop alone", "for (let i = 0; i < 3; i++) {\n console.log(i); }"],
  ])("takes %s", async (_what, contents) => {
    const resolveDir = new URL("../protocols", import.meta.url).pathname;
    const { errors } = await checkDialect({ contents, loader: "ts", resolveDir, sourcefile: "example.ts" });
    expect(errors).toEqual([]);
  });
});

/** What Espruino has not, by name (boards sheet, section 1), with what to write instead. */

/** Global names. */
export const missingGlobals: Readonly<Record<string, string>> = {
  BigInt: "two 32-bit words, as protocols/decimal.ts has them",
  BigInt64Array: "two 32-bit words in an Int32Array",
  BigUint64Array: "two 32-bit words in an Int32Array",
  FinalizationRegistry: "let go of it by hand",
  Map: "an array of pairs, or an object whose keys are written out",
  Proxy: "a function",
  Reflect: "the operation itself",
  Set: "an array and indexOf",
  Symbol: "a member with a name",
  TextDecoder: "fromUtf8 of protocols/bytes.ts",
  TextEncoder: "utf8 of protocols/bytes.ts",
  WeakMap: "a member of the object itself",
  WeakRef: "a member that is set to null",
  WeakSet: "a member of the object itself",
  queueMicrotask: "the next tick",
  structuredClone: "the members, one by one",
};

/** Members of built-in objects. */
export const missingStatics: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Array: { from: "a loop that pushes", of: "an array literal" },
  ArrayBuffer: { isView: "ask for the kind you expect" },
  JSON: { rawJSON: "a text" },
  Math: {
    cbrt: "Math.pow(x, 1 / 3)",
    clz32: "a loop over the bits",
    fround: "float32.ts, or an integer",
    hypot: "Math.sqrt of the sum",
    imul: "two products of 16 bits",
    log2: "Math.log(x) / Math.LN2",
    sign: "a comparison",
    trunc: "x < 0 ? Math.ceil(x) : Math.floor(x)",
  },
  Number: {
    isFinite: "the global isFinite",
    isInteger: "Math.floor(x) === x",
    isNaN: "x !== x",
    isSafeInteger: "Math.floor(x) === x and a comparison",
  },
  Object: {
    freeze: "readonly in the type",
    getOwnPropertySymbols: "a member with a name",
    groupBy: "a loop",
    hasOwn: "a comparison with undefined",
    is: "=== , and x !== x for NaN",
    isFrozen: "readonly in the type",
    seal: "readonly in the type",
  },
  Promise: {
    allSettled: "callbacks that are counted",
    any: "callbacks that are counted",
    race: "a callback that looks whether it is the first",
    withResolvers: "a callback",
  },
  String: { raw: "a plain text" },
};

export const typedArrays: ReadonlySet<string> = new Set([
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
]);

/** Methods that no object there has. */
export const missingMethods: Readonly<Record<string, string>> = {
  at: "an index; from the end: list[list.length - 1]",
  codePointAt: "charCodeAt",
  findLast: "a loop from the end",
  findLastIndex: "a loop from the end",
  finally: "the same line in both callbacks",
  flat: "concat in a loop",
  flatMap: "map, and concat in a loop",
  getBigInt64: "two calls of getInt32",
  getBigUint64: "two calls of getUint32",
  matchAll: "indexOf in a loop",
  normalize: "texts as they are",
  replaceAll: "split and join",
  setBigInt64: "two calls of setInt32",
  setBigUint64: "two calls of setUint32",
  toReversed: "a copy, and reverse",
  toSorted: "a copy, and sort",
  toSpliced: "a copy, and splice",
};

/** Iterators: Espruino's for-of takes arrays, typed arrays and texts only. */
export const iteratorMethods: ReadonlySet<string> = new Set(["entries", "keys", "values"]);

/** What esbuild refuses to lower, by a word of its message. */
export const refusals: readonly (readonly [RegExp, string, string])[] = [
  [/async/, "async and await", "a callback; ports call back"],
  [/for-await/, "for await", "a callback for each value"],
  [/generator/, "a generator", "a function that keeps where it is, or an array"],
  [/default argument/, "a default parameter", "a second function, or a comparison with undefined"],
  [/rest argument/, "a rest parameter", "an array as parameter"],
  [
    /array spread|rest spread|spread/,
    "a spread",
    "concat for arrays, Object.assign for objects, apply for calls",
  ],
  [/destructuring/, "destructuring", "one const for each member"],
  [/new\.target/, "new.target", "an argument that says it"],
  [/with statement/, "with", "the object's name before each member"],
  [/import/, "import()", "an import at the top of the file"],
  [/Big integer|BigInt/i, "a BigInt literal", "two 32-bit words, as protocols/decimal.ts has them"],
];

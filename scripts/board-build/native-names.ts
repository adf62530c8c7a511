/** Names that belong to the language and to the interpreter: whoever shortens our own must leave them alone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What members these objects and their prototypes have. */
const natives: readonly object[] = [
  Object,
  Function,
  Array,
  String,
  Number,
  Boolean,
  Math,
  JSON,
  Error,
  Promise,
  RegExp,
  Date,
  ArrayBuffer,
  DataView,
  Uint8Array,
  Object.getPrototypeOf(Uint8Array),
];

/** All names of members that the language or the interpreter gives a meaning to. */
export function nativeNames(root: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const native of natives) {
    const prototype = (native as { prototype?: object }).prototype;
    for (const owner of prototype === undefined ? [native] : [native, prototype]) {
      for (const name of Object.getOwnPropertyNames(owner)) {
        names.add(name);
      }
    }
  }
  // The types of the interpreter's objects: whatever stands there as a member.
  const globals = readFileSync(join(root, "boards/platforms/espruino-globals.ts"), "utf8");
  for (const [, name] of globals.matchAll(/(?:^ +|readonly )(\w+)\??(?=[(:])/gm)) {
    names.add(name);
  }
  names.add("log"); // console
  return names;
}

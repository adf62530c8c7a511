import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "@babel/standalone";
import { programPath } from "../programs.ts";

/** Duktape 2.7 runs ES5 and some built-ins of later editions: of a board's bundle everything newer is rewritten. */
const toEs5 = {
  presets: [["env", { targets: { ie: "9" }, loose: true, modules: false }]] as const,
  sourceType: "script",
  compact: false,
} as const;

/** What the boards have and Duktape lacks, each the plainest that will do. */
const builtIns = `
var globalThis = this;
[Uint8Array, Int8Array, Int16Array, Int32Array].forEach(function (type) {
  ["fill", "indexOf", "forEach"].forEach(function (name) {
    if (type.prototype[name]) return;
    Object.defineProperty(type.prototype, name, { value: own[name] });
  });
});
if (!Array.prototype.find) Object.defineProperty(Array.prototype, "find", { value: function (test) { return this.filter(test)[0]; } });
if (!Array.prototype.findIndex) Object.defineProperty(Array.prototype, "findIndex", { value: function (test) {
  for (var i = 0; i < this.length; i++) if (test(this[i], i)) return i;
  return -1;
} });
if (!Array.prototype.includes) Object.defineProperty(Array.prototype, "includes", { value: function (one) { return this.indexOf(one) >= 0; } });
if (!Object.assign) Object.assign = function (to) {
  for (var i = 1; i < arguments.length; i++) for (var key in arguments[i]) to[key] = arguments[i][key];
  return to;
};
`;
const own = `
var own = {
  fill: function (value, from, to) {
    var end = to === undefined ? this.length : to;
    for (var i = from || 0; i < end; i++) this[i] = value;
    return this;
  },
  indexOf: function (value, from) {
    for (var i = from || 0; i < this.length; i++) if (this[i] === value) return i;
    return -1;
  },
  forEach: function (run) { for (var i = 0; i < this.length; i++) run(this[i], i, this); }
};
`;

/** What a board's bundle prints on Debian's Duktape, line by line. */
export function runDuktape(folder: string, script: string): string[] {
  const file = join(folder, "script.es5.js");
  writeFileSync(file, own + builtIns + (transform(script, toEs5).code ?? ""));
  const run = spawnSync(programPath("duk") ?? "duk", [file], { encoding: "latin1", timeout: 60_000 });
  if (run.status !== 0) {
    throw new Error(`duk ended with ${run.status}: ${run.stderr}${run.stdout.slice(-500)}`);
  }
  return run.stdout.split("\n").filter((line) => line !== "");
}

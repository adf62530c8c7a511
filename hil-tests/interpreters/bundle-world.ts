/**
 * A world around a bundle that is the same on every engine: time that goes on by itself, a flash, a link that prints, one serial port or contact with
 * something at it. So what Node, Duktape and Espruino make of one bundle can be compared to the last byte.
 */
import { createContext, runInContext } from "node:vm";
import { toHex } from "../../protocols/bytes.ts";
import { roomScript } from "../boards/linux-stubs.ts";
import { boardBundle } from "./board-bundle.ts";
import { runDuktape } from "./duktape-program.ts";
import { runEspruino } from "./espruino-program.ts";

export interface BundleWorld {
  /** What comes at the sensor's port, in pieces, ms after the start and again every so often. */
  readonly says?: { readonly telegrams: readonly Uint8Array[]; readonly every: number };
  /** What is answered there, by what is asked. */
  readonly answers?: ReadonlyMap<string, Uint8Array>;
  /** A contact that closes every so often, ms. */
  readonly pulses?: number;
  /** How long it lasts, ms. */
  readonly lasts: number;
}

/** ES5, since Duktape runs it too. */
const worldScript = `
var world = { now: 0, queue: [], ids: 0, files: {}, lines: {}, watch: null };
function hexOf(d) {
  var t = "";
  for (var i = 0; i < d.length; i++) {
    var c = typeof d === "string" ? d.charCodeAt(i) : d[i];
    t += (c < 16 ? "0" : "") + c.toString(16);
  }
  return t;
}
function textOf(hex) {
  var t = "";
  for (var i = 0; i < hex.length; i += 2) t += String.fromCharCode(parseInt(hex.substr(i, 2), 16));
  return t;
}
world.getTime = function () { return world.now / 1000; };
world.setTimeout = function (run, delay) {
  world.ids++;
  world.queue.push({ at: world.now + delay, id: world.ids, run: run });
  return world.ids;
};
world.clearTimeout = function (id) { world.queue = world.queue.filter(function (entry) { return entry.id !== id; }); };
world.run = function (until) {
  for (;;) {
    var next = null;
    world.queue.forEach(function (entry) {
      if (next === null || entry.at < next.at || (entry.at === next.at && entry.id < next.id)) next = entry;
    });
    if (next === null || next.at > until) return;
    world.clearTimeout(next.id);
    world.now = Math.max(world.now, next.at);
    next.run();
  }
};
world.setWatch = function (run) { world.watch = run; return 1; };
world.clearWatch = function () {};
world.pinMode = function () {};
world.digitalWrite = function () {};
world.file = function (size) {
  var bytes = new Uint8Array(size);
  for (var i = 0; i < size; i++) bytes[i] = 255;
  return bytes;
};
world.files.epochs0 = world.file(2048);
world.files.epochs0.set([1, 254, 0, 0], 4);
world.storage = {
  readArrayBuffer: function (name) { return world.files[name] === undefined ? undefined : world.files[name].buffer; },
  write: function (name, data, at, size) {
    if (size > 0 || world.files[name] === undefined) world.files[name] = world.file(size);
    if (typeof data !== "string") world.files[name].set(data, at);
    return true;
  },
  erase: function (name) { delete world.files[name]; }
};
world.require = function (module) { return module === "Storage" ? world.storage : world.crypto; };
world.serial = function (name, hear) {
  return {
    setup: function (baud, o) { print("setup " + name + " " + baud + " " + o.bytesize + " " + o.parity); },
    removeAllListeners: function () {},
    on: function (event, take) { world.lines[name] = take; },
    write: function (data) { hear(hexOf(data)); }
  };
};
world.say = function (name, text, at) {
  for (var i = 0; i < text.length; i += 40) {
    (function (piece, later) { world.setTimeout(function () { world.lines[name](piece); }, later); })(text.substr(i, 40), at + i);
  }
};
var Serial9 = world.serial("link", function (hex) { print("up " + hex); });
var Serial8 = world.serial("meter", function (hex) {
  print("ask " + hex);
  if (world.answers[hex] !== undefined) world.say("meter", textOf(world.answers[hex]), 300);
});
world.every = function (period, act) {
  var again = function () { act(); world.setTimeout(again, period); };
  world.setTimeout(again, period);
};
`;

/** What of the interpreter's own the other engines lack. */
const interpreterScript = `
var E = {
  hwRand: function () { return 7; },
  toString: function (data) { return typeof data === "string" ? data : textOf(hexOf(data)); },
  toUint8Array: function (text) {
    var bytes = new Uint8Array(text.length);
    for (var i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  }
};
function atob(text) {
  var digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", t = "", bits = 0, held = 0;
  for (var i = 0; i < text.length && text[i] !== "="; i++) {
    held = ((held << 6) | digits.indexOf(text[i])) & 65535;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      t += String.fromCharCode((held >> bits) & 255);
    }
  }
  return t;
}
E.enableWatchdog = E.kickWatchdog = E.reboot = E.setPassword = E.lockConsole = E.setConsole = function () {};
world.crypto = globalThis.scriptCrypto;
`;

const espruinoScript = `${roomScript}
E.hwRand = function () { return 7; };
E.enableWatchdog = E.kickWatchdog = E.setPassword = E.lockConsole = E.setConsole = function () {};
world.crypto = require("crypto");
`;

/** Hash and cipher for engines without. */
const cryptoEntry = `
import { scriptSha256 } from "../../boards/platforms/espruino-sha256.ts";
import { scriptAes } from "./script-aes.ts";
const sha256 = scriptSha256();
const aes = scriptAes();
globalThis.scriptCrypto = {
  SHA256: (data) => sha256(data).buffer,
  AES: { encrypt: (text, key, options) => (options.mode === "CBC" ? aes.cbc(text, key) : aes.ecb(text, key)) },
};
`;

function inWorld(code: string): string {
  return code
    .replace(
      /(?<![.\w$])(getTime|setTimeout|clearTimeout|setWatch|clearWatch|pinMode|digitalWrite|require)\b(?!["':])/g,
      "world.$1",
    )
    .replace(/\bSerial1\b/g, "Serial9")
    .replace(/\bSerial2\b/g, "Serial8");
}

function eventsText({ says, answers, pulses, lasts }: BundleWorld): string {
  const known = Object.fromEntries([...(answers ?? [])].map(([asked, answer]) => [asked, toHex(answer)]));
  return `
world.answers = ${JSON.stringify(known)};
var telegrams = ${JSON.stringify((says?.telegrams ?? []).map(toHex))};
var said = 0;
${says === undefined ? "" : `world.every(${says.every}, function () { world.say("meter", textOf(telegrams[said++ % telegrams.length]), 0); });`}
${pulses === undefined ? "" : `world.every(${pulses}, function () { world.watch(); });`}
world.run(${lasts});
`;
}

export async function bundleOnNode(code: string, world: BundleWorld): Promise<string[]> {
  const lines: string[] = [];
  const globals = createContext({
    print: (line: string) => lines.push(line),
    console: { log: (line: string) => lines.push(line) },
  });
  const script = `${worldScript}${await boardBundle(cryptoEntry, false)}${interpreterScript}\n${inWorld(code)}\n${eventsText(world)}`;
  runInContext(script, globals);
  return lines;
}

export async function bundleOnDuktape(folder: string, code: string, world: BundleWorld): Promise<string[]> {
  const crypto = await boardBundle(cryptoEntry, false);
  return runDuktape(
    folder,
    `${worldScript}${crypto}${interpreterScript}\n${inWorld(code)}\n${eventsText(world)}`,
  );
}

export async function bundleOnEspruino(
  folder: string,
  code: string,
  world: BundleWorld,
): Promise<readonly string[]> {
  const { lines } = await runEspruino(
    folder,
    `${worldScript}${espruinoScript}\n${inWorld(code)}\n${eventsText(world)}quit();\n`,
    120_000,
  );
  return lines;
}

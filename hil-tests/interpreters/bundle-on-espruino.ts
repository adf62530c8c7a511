import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setUpScript } from "../../boards/platforms/espruino-setup.ts";
import { fromHex } from "../../protocols/bytes.ts";
import { FrameReader } from "../../protocols/framing.ts";
import { literal } from "../../scripts/flash/board-side.ts";
import { boardStubs, onStubs } from "../boards/linux-stubs.ts";
import type { TestGateway } from "../test-gateway.ts";
import { runEspruino } from "./espruino-program.ts";

/** The board's serial link, which prints what is written; `hex` is for other stubs as well. */
const printingLink = `
function hex(d){return E.toString(d).split("").map(function(c){return("0"+c.charCodeAt(0).toString(16)).substr(-2)}).join("")}
global.Serial9={setup:function(){},removeAllListeners:function(){},on:function(){},write:function(d){print("frame "+hex(d))}};
`;

/** Looks at all that is in use, without garbage, wherever the bundle leaves its own words: in its deepest calls too. What looking takes itself is `own`. */
const look = `
var most=0;
(function(){
function look(){var u=process.memory().usage;if(u>most)most=u}
function at(o,n){var f=o[n];o[n]=function(a){look();var r=a===undefined?f.call(o):f.call(o,a);look();return r}}
["toString","toUint8Array","hwRand"].forEach(function(n){at(E,n)});
at(I2C9,"readFrom");
})();
var before=0,own=0;before=process.memory().usage;most=0;E.hwRand();own=most-before;most=0;
`;

/** A clock that runs so many times as fast. */
const fastClock = (speed: number) => `
(function(){
var t=setTimeout,i=setInterval,g=getTime,z=getTime();
global.setTimeout=function(f,d){return t(f,d/${speed})};global.setInterval=function(f,d){return i(f,d/${speed})};
global.getTime=function(){return z+(g()-z)*${speed}};
})();
`;

/** A sensor whose values change from row to row, so that packs are as long as they get. */
const restlessAir = `
(function(){
var n=0;
function crc(a,b){var c=255;[a,b].forEach(function(x){c^=x;for(var i=0;i<8;i++)c=c&128?((c<<1)^49)&255:c<<1});return c}
I2C9.readFrom=function(){n=(n*75+74)%65537;var a=90+(n&15),b=n>>8&255,c=120+(n>>4&7),d=n&255;return new Uint8Array([a,b,crc(a,b),c,d,crc(c,d)])};
})();
`;

export interface BundleRun {
  /** All that was printed. */
  readonly printed: string;
  /** Variables that the bundle takes at the end. */
  readonly variables: number;
  /** The most that it took at once. */
  readonly peak: number;
  /** Frames that were none. */
  readonly bad: number;
}

export interface BundleTime {
  /** How long it runs. */
  readonly milliseconds: number;
  /** How many times as fast its clock runs, with a sensor whose values change; 1 where absent. */
  readonly speed?: number;
  readonly stubs?: string;
}

/**
 * Runs a bundle on the real interpreter from its flash, as a loader would, with nothing before it; the gateway hears its frames afterwards,
 * and says nothing.
 */
export async function runBundle(
  code: string,
  gateway: TestGateway,
  { milliseconds, speed = 1, stubs = "" }: BundleTime,
): Promise<BundleRun> {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-bundle-"));
  try {
    await runEspruino(folder, `${setUpScript}\n${writing(onStubs(code))}\nquit();\n`);
    const world = speed === 1 ? "" : `${restlessAir}${fastClock(speed)}`;
    const end = `(function(t){t(function(){print("used "+(process.memory().usage-before)+" "+(most-before-own));quit()},${milliseconds})})(setTimeout);`;
    const { lines } = await runEspruino(
      folder,
      `${boardStubs}${printingLink}${stubs}${end}${world}${look}\neval(require("Storage").read("app.a"));\n`,
      milliseconds + 30_000,
    );
    const printed = lines.join("\n");
    const reader = new FrameReader();
    let bad = 0;
    for (const [, text] of printed.matchAll(/frame ([0-9a-f]+)/g)) {
      reader.push(
        fromHex(text ?? "") as Uint8Array,
        (frame) => gateway.receive(frame),
        () => bad++,
      );
    }
    const [, variables, peak] = /used (\d+) (\d+)/.exec(printed) ?? [];
    return { printed, variables: Number(variables), peak: Number(peak), bad };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Statements that put a program into the flash. */
function writing(code: string): string {
  const pieces: string[] = [];
  for (let at = 0; at < code.length; at += pieceLength) {
    const piece = literal(code.slice(at, at + pieceLength));
    pieces.push(`require("Storage").write("app.a",${piece},${at},${code.length});`);
  }
  return pieces.join("\n");
}

const pieceLength = 1000;

/** The entry of a lean board's bundle (firmware/lean): one I2C sensor, AES-CCM, a serial line. */

import { watchdog } from "../../boards/platforms/espruino-run.ts";
import { selfTestDirection, selfTestPayload } from "../../firmware/board.ts";
import { i2cPart } from "../../firmware/i2c-sensor.ts";
import { intervalOf } from "../../firmware/installation-check.ts";
import type { Word } from "../../gateway/words/words.ts";
import { byteText, head } from "../../protocols/cbor-small.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { consolePassword, overheadMax, sessionRoot } from "../../protocols/envelope.ts";
import { encodeUp } from "../../protocols/message.ts";
import { rowsWithin } from "../../protocols/pack.ts";
import { typedArrayTag } from "../../protocols/pack-form.ts";
import { widthMost } from "../../protocols/quantity.ts";
import { bodyWidth, shapeValue } from "../../protocols/shape.ts";
import { type EntryOrder, knownAnswer, type Place, placeOf } from "./entry-text.ts";
import { byteLiteral, bytesLiteral, randomLiteral } from "./literals.ts";
import { packHead } from "./pack-text.ts";
import { boundsOf } from "./range-text.ts";
import { helloText, statusText } from "./words-text.ts";

const boardFrameMax = 512;
const hashBlock = 64;

/** Why an installation cannot be lean, or null. */
export function unlean({ installation, settings, drivers, board }: EntryOrder): Word["word"] | null {
  const [installed] = installation.sensors;
  const driver = drivers.find(({ name }) => name === installed.driver);
  if (settings.link.kind !== "serial") {
    return "build.leanLink";
  }
  if (installation.alg !== 0 || board.crypto.sha256 !== "native") {
    return "build.leanCrypto";
  }
  return installation.sensors.length > 1 ||
    driver?.kind !== "i2c" ||
    driver.warmUp > 0 ||
    installed.deadBands.length > 0
    ? "build.leanSensor"
    : null;
}

export function leanEntry(order: EntryOrder): string {
  const { installation, settings, board } = order;
  const { link } = settings;
  if (link.kind !== "serial") {
    throw new Error(`a lean board has no link ${link.kind}`);
  }
  const place = placeOf(installation.sensors[0], settings.sensors[0], order.drivers);
  const { driver, shape, id, installed } = place;
  if (driver.kind !== "i2c") {
    throw new Error(`a lean board cannot ask ${driver.name}`);
  }
  const root = sessionRoot(nodeCrypto, installation);
  const { order: asked } = i2cPart(driver, installed.options);
  const words = {
    firmware: installation.firmware,
    board: board.name,
    bytesMax: installation.outbox.bytesMax,
    shapes: [{ id, shape }],
  };
  const width = bodyWidth(shape);
  const length = shape.columns.length;
  const rowsMax = Math.max(
    1,
    Math.min(installation.batch.rows, rowsWithin(shape, boardFrameMax - overheadMax)),
  );
  const missing = -widthMost(width) - 1;
  const isSure = surelyInRange(place);
  const shapeMessage = byteText(encodeUp({ type: "shape", shape: shapeValue(shape) }));
  return `// Made by hasen build for ${board.title}: ${installation.device}, lean.
import { confirmProgram } from "./boards/platforms/espruino-console.ts";
import { nativeCrypto } from "./boards/platforms/espruino-crypto.ts";
import type { EspruinoE } from "./boards/platforms/espruino-globals.ts";
import { leanI2c } from "./boards/platforms/espruino-lean-bus.ts";
import { leanLine } from "./boards/platforms/espruino-lean-line.ts";
import { runLean } from "./boards/platforms/espruino-lean-run.ts";
import { nativeFlash } from "./boards/platforms/espruino-storage.ts";
import { decode } from "./firmware/drivers/${driver.name}.ts";
import { leanDevice } from "./firmware/lean/lean-device.ts";
import { leanEpoch } from "./firmware/lean/lean-epoch.ts";
import { leanSensor } from "./firmware/lean/lean-sensor.ts";
import { leanEnvelope, leanTest } from "./firmware/lean/lean-session.ts";
import { bytesOf, byteText, head, numberItem, textItem } from "./protocols/cbor-small.ts";
import { fault, isFault } from "./protocols/fault.ts";

declare const E: EspruinoE;
/** Seconds; nothing here sets the board's time. */
declare const getTime: () => number;
declare const setInterval: (run: () => void, period: number) => number;

const native = nativeCrypto();
const boot = getTime();
const body = new Int${width}Array(${rowsMax * length});
const line = leanLine("${link.port}", ${link.baud}, ${pinsText(link)});
const wake = runLean((): number => device.tick());
${outOfRangeText(isSure, missing)}const aes = {
  cbc: (text: string, key: Uint8Array) => native.AES.encrypt(text, key, { mode: "CBC" }),
  ecb: (text: string, key: Uint8Array) => native.AES.encrypt(text, key, { mode: "ECB" }),
};
const envelope = leanEnvelope(
  { hash: (text) => byteText(new Uint8Array(native.SHA256(bytesOf(text)))), aes: aes },
  {
    inner: ${padText(root.prk, 0x36)},
    outer: ${padText(root.prk, 0x5c)},
    before: ${byteLiteral(root.before)},
    behind: ${byteLiteral(root.behind)},
    structure: ${byteLiteral(root.cose.structure)},
    externalBefore: ${byteLiteral(root.cose.before)},
    externalBehind: ${byteLiteral(root.cose.behind)},
  },
);
const isRight = leanTest(envelope, ${JSON.stringify(selfTestPayload)}, ${JSON.stringify(selfTestDirection)}, ${randomLiteral(knownAnswer(order))});
const start = isRight ? leanEpoch(nativeFlash()) : fault("self-test", "this platform's crypto gives a wrong answer: nothing is sent");
const device = leanDevice(
  {
    kid: ${installation.kid},
    pack: {
      packHead: ${byteLiteral(`${packHead(id, 0)}\x82\x01`)},
      packTail: ${byteLiteral(head(0, intervalOf(driver, installed)) + head(6, typedArrayTag(width)))},
      pace: ${intervalOf(driver, installed)},
      heartbeat: ${installed.heartbeat},
      rowsMax: ${rowsMax},
      delay: ${installation.batch.delay},
      putRow: (values, at) => body.set(${isSure ? "values as number[]" : rowText(place, missing)}, at * ${length}),
      missingRow: [${shape.columns.map(() => missing).join(", ")}],
      body: (rows) => byteText(new Uint8Array(body.buffer, 0, rows * ${(length * width) / 8})),
    },
    bytesMax: ${installation.outbox.bytesMax},
    framesMax: ${installation.outbox.framesMax},
    statusInterval: ${installation.statusInterval},
    helloOf: (start, uptime) => ${helloText(words, head(0, 0), "\xf6")},
    statusOf(counts, bytes, frames, uptime) {
      const codes = Object.keys(counts);
      const faults = codes.map((code) => textItem(code) + head(0, counts[code])).sort();
      return ${statusText(words, (name) => (name === "faultCounts" ? "codes" : name), head(0, 0))};
    },
    shape: ${byteLiteral(shapeMessage)},
  },
  {
    envelope: envelope,
    epoch: isFault(start) ? -1 : start.epoch,
    elapsed: () => Math.floor((getTime() - boot) * 1000),
    dice: () => (E.hwRand() & 255) / 256,
    carry: line.carry,
    wake: wake,
    settled: confirmProgram,
    restart: () => E.reboot(),
  },
);
const sample = leanSensor(
  {
    address: ${asked.address},
    command: ${bytesLiteral(asked.command)},
    conversion: ${asked.conversion},
    size: ${asked.length},
    decode: decode,
  },
  leanI2c("${settings.sensors[0].port}", { scl: "${settings.sensors[0].scl}", sda: "${settings.sensors[0].sda}" }),
  device.tell,
  device.row,
);
if (isFault(start)) {
  console.log(start.fault);
} else {
  E.setPassword("${consolePassword(nodeCrypto, installation)}");
  E.lockConsole();
  device.begin(start);
  line.hear(device.receive);
  E.enableWatchdog(${watchdog}, false);
  wake(0);
  sample();
  setInterval(sample, ${intervalOf(driver, installed)});
}
`;
}

function pinsText(pins: { readonly rx?: string; readonly tx?: string }): string {
  const given = (["rx", "tx"] as const).filter((pin) => pins[pin] !== undefined);
  return `{ ${given.map((pin) => `${pin}: "${pins[pin]}"`).join(", ")} }`;
}

/** Whether the driver's arithmetic cannot leave the range. */
function surelyInRange({ driver, shape }: Place): boolean {
  return boundsOf(shape).every(([least, most], i) => {
    const sure = driver.bounds?.[i];
    return sure !== undefined && sure[0] >= least && sure[1] <= most;
  });
}

/** A row's values as the body takes them. */
function rowText({ shape }: Place, missing: number): string {
  const columns = boundsOf(shape).map(([least, most], i) => {
    const value = `values[${i}]`;
    return `${value} === null || ${value} === ${missing} ? ${missing} : (${value} as number) >= ${least} && (${value} as number) <= ${most} ? (${value} as number) : outOfRange()`;
  });
  return `[${columns.join(", ")}]`;
}

function outOfRangeText(isSure: boolean, missing: number): string {
  return isSure
    ? ""
    : `const outOfRange = (): number => {
  device.tell("range");
  return ${missing};
};
`;
}

/** A pad of HMAC-SHA256 (RFC 2104): the key's bytes XOR `pad`, and `pad` for the rest of the block. */
function padText(key: Uint8Array, pad: number): string {
  const text = String.fromCharCode(...key.map((byte) => byte ^ pad));
  return `${randomLiteral(text)}.padEnd(${hashBlock}, ${JSON.stringify(String.fromCharCode(pad))})`;
}

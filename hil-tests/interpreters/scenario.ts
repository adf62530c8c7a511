import type { I2c, Platform, Storage, Uart } from "../../boards/platform.ts";
import { pmsx003 } from "../../firmware/drivers/pmsx003.ts";
import { sht31 } from "../../firmware/drivers/sht31.ts";
import type { Installation } from "../../firmware/installation-type.ts";
import { SensorNode } from "../../firmware/node.ts";
import { concat, fromHex, toHex } from "../../protocols/bytes.ts";
import { crc8 } from "../../protocols/crc.ts";
import type { Crypto } from "../../protocols/crypto.ts";
import { deriveSession, parseHeader, seal } from "../../protocols/envelope.ts";
import { fault, isFault } from "../../protocols/fault.ts";
import { type DownMessage, encodeDown } from "../../protocols/message.ts";

/** Both envelopes, one epoch after the other. */
export function runDevices(crypto: Crypto, storage: Storage, print: (line: string) => void): void {
  runScenario({ crypto: crypto, storage: storage, alg: 0, print: print });
  runScenario({ crypto: crypto, storage: storage, alg: 1, print: print });
}

/**
 * One device's two hours, the same on every engine that runs this file: fixed time, fixed sensors, fixed dice, a gateway that answers. It
 * prints every frame and every fault; what two engines print must be equal to the last byte. In the board dialect.
 */
interface ScenarioParts {
  readonly crypto: Crypto;
  readonly storage: Storage;
  readonly alg: 0 | 1;
  print(line: string): void;
}

function runScenario(parts: ScenarioParts): void {
  let now = 250;
  let row = 0;
  let feed: (bytes: Uint8Array) => void = () => {};
  const waiting: Uint8Array[] = [];
  const installation = installationOf(parts.alg);
  const platform: Platform = {
    board: "golden",
    clock: { monotonic: () => now, unix: () => null },
    random: { bytes: (count) => new Uint8Array(count) },
    storage: parts.storage,
    crypto: parts.crypto,
    link: {
      name: "memory",
      frameMax: 512,
      ready: () => true,
      send: (frame) => {
        parts.print("up " + toHex(frame));
        waiting.push(frame);
        return null;
      },
      onFrame: null,
    },
    indicator: { identify: (duration) => parts.print("identify " + duration) },
    i2c: () => airSensor(() => row++),
    uart: (port) => (port === "gpio" ? fault("bus", "no such port") : particles((take) => (feed = take))),
    pulse: (pin) => fault("bus", pin),
    analog: (pin) => fault("bus", pin),
    restart: () => parts.print("restart"),
  };
  const node = new SensorNode({
    installation: installation,
    platform: platform,
    drivers: [pmsx003, sht31],
    observer: { fault: (code, detail) => parts.print("fault " + code + " " + detail) },
  });
  const highest = { piv: -1 };
  const down = downlink(parts.crypto, installation);
  const refused = node.boot();
  parts.print("boot " + (refused === null ? "done" : refused.detail));
  for (let step = 0; step < 480; step++) {
    if (step < 200 || step > 240) {
      feed(dust); // in between the sensor is silent
    }
    node.tick();
    answer(waiting, highest, down, now).forEach((frame) => {
      const take = platform.link.onFrame;
      if (take !== null) {
        take(frame);
      }
    });
    now += 15000;
  }
  node.stop();
  node.tick();
}

function installationOf(alg: 0 | 1): Installation {
  const sensor = { interval: 60000, deadBands: [], heartbeat: 3600000, options: {} };
  return {
    device: "urn:dev:ops:pb-rathaus-air-001",
    deployment: "paderborn",
    kid: 513,
    root: new Uint8Array([1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 121, 98, 219]),
    alg: alg,
    firmware: "golden",
    sensors: [
      Object.assign({ driver: "sht31", port: "i2c-1" }, sensor),
      Object.assign({ driver: "pmsx003", port: "serial-1" }, sensor),
    ],
    batch: { rows: 24, delay: 1200000 },
    statusInterval: 3600000,
    outbox: { bytesMax: 4096, framesMax: 16, persistent: false },
  };
}

/** An SHT31 whose words wander through the whole scale; each ninth answer is cut short and each eleventh has a flipped bit. */
function airSensor(next: () => number): I2c {
  return {
    transfer: (_order, done) => {
      const n = next();
      const answer = new Uint8Array([(n * 7919) >> 6, n * 31, 0, n * 57, n * 11, 0]);
      answer[2] = crc8(answer, 0, 2);
      answer[5] = crc8(answer, 3, 5) ^ (n % 11 === 10 ? 4 : 0);
      done(n % 9 === 8 ? answer.subarray(0, 4) : answer);
    },
  };
}

/** The first example of the particle sensor's driver, over and over. */
const dust = fromHex(pmsx003.examples[0].hex) as Uint8Array;

function particles(listen: (take: (bytes: Uint8Array) => void) => void): Uart {
  return {
    open: (_settings, onBytes, onState) => {
      listen(onBytes);
      onState(null);
    },
    write: () => {},
    close: () => {},
  };
}

/** A gateway that hears each fifth frame only the second time, knows the time, and once has a command. */
function answer(
  frames: Uint8Array[],
  highest: { piv: number },
  down: (message: DownMessage) => Uint8Array,
  now: number,
): readonly Uint8Array[] {
  const answers: Uint8Array[] = [];
  frames.splice(0, frames.length).forEach((frame) => {
    const header = parseHeader(frame);
    if (isFault(header)) {
      return;
    }
    const fresh = header.piv > highest.piv;
    highest.piv = Math.max(header.piv, highest.piv);
    if (fresh && header.piv % 5 === 4) {
      return;
    }
    const epoch = header.epoch;
    const piv = header.piv;
    answers.push(down({ type: "ack", deviceEpoch: epoch, ranges: [[piv, piv]] }));
    if (piv === 0) {
      answers.push(down({ type: "time", deviceEpoch: epoch, answers: piv, unix: 1795964400000 + now }));
    }
    if (piv === 3) {
      answers.push(down({ type: "command", deviceEpoch: epoch, name: "identify", arguments: 5000 }));
    }
  });
  return answers;
}

function downlink(crypto: Crypto, installation: Installation): (message: DownMessage) => Uint8Array {
  const session = deriveSession(crypto, {
    root: installation.root,
    deployment: installation.deployment,
    kid: installation.kid,
    epoch: 3,
    alg: installation.alg,
    direction: "down",
  });
  let piv = 0;
  return (message) => seal(session, piv++, encodeDown(message));
}

/** Storage for an engine without any. */
export function memoryStorage(): Storage {
  const files: Record<string, Uint8Array> = {};
  const read = (name: string): Uint8Array => (files[name] === undefined ? new Uint8Array(0) : files[name]);
  return {
    read: read,
    append: (name, bytes) => {
      files[name] = concat([read(name), bytes]);
      return null;
    },
    replace: (name, bytes) => {
      files[name] = bytes;
      return null;
    },
  };
}

import { randomBytes } from "node:crypto";
import { Devices } from "../../gateway/devices.ts";
import { interpret } from "../../gateway/interpret.ts";
import type { DeviceEntry } from "../../gateway/registry/registry.ts";
import { Shapes } from "../../gateway/shapes.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { algCcm, open, parseAny } from "../../protocols/envelope.ts";
import { isFault } from "../../protocols/fault.ts";
import { shapeValue } from "../../protocols/shape.ts";
import { BareCipher, messageAad, WarmCipher } from "./bare-cipher.ts";
import type { Bench } from "./bench.ts";
import { cpuEach } from "./cpu-time.ts";
import { median } from "./runner.ts";
import { deployment, powerPacks, powerShape, Sender } from "./sealed-load.ts";

const deviceCount = 50;
const framesEach = 10;

/**
 * From a frame to checked readings: header, device, key, tag, CBOR, pack. Nothing is stored, nothing answered. Beside node:crypto's own
 * AES-CCM; and, as a further figure, beside the cipher as it is used here, which costs less.
 */
export const verifyDecode: Bench = {
  name: "verify-decode",
  unit: "CPU us/message",
  peer: "bare AES-CCM open",
  lessIsBetter: true,
  prepare: async () => {
    const entries = Array.from({ length: deviceCount }, (_, i) => device(i + 1));
    const pack = powerPacks();
    const frames = entries.flatMap((entry) => {
      const sender = new Sender(entry);
      return Array.from({ length: framesEach }, () => Buffer.from(sender.frame(pack())));
    });
    const order = { messages: frames.length, length: pack().length, additional: messageAad };
    const bare = new BareCipher(order);
    const warm = new WarmCipher(order);
    const hall = new Hall(entries);
    const ciphers: number[] = [];
    return {
      ours: async () => {
        ciphers.push(cpuEach(() => warm.open()));
        return cpuEach(() => hall.rows(frames));
      },
      theirs: async () => cpuEach(() => bare.open()),
      extra: () => ({ "of it the cipher us": Number(median(ciphers).toPrecision(4)) }),
    };
  },
};

class Hall {
  readonly #devices: Devices;
  readonly #shapes = new Shapes(nodeCrypto);

  constructor(entries: readonly DeviceEntry[]) {
    const byKid = new Map(entries.map((entry) => [entry.kid, entry]));
    const registry = { byKid: (kid: number) => byKid.get(kid) ?? null };
    this.#devices = new Devices({ registry, crypto: nodeCrypto, deployment });
    this.#shapes.learn(shapeValue(powerShape));
  }

  /** The rows in these frames; every one must hold. */
  rows(frames: readonly Uint8Array[]): number {
    let rows = 0;
    for (const frame of frames) {
      rows += this.#rows(frame);
    }
    if (rows !== frames.length) {
      throw new Error(`${rows} rows in ${frames.length} frames of one row each`);
    }
    return rows;
  }

  #rows(frame: Uint8Array): number {
    const header = parseAny(frame);
    const device = isFault(header) ? null : this.#devices.byKid(header.kid);
    if (isFault(header) || device === null) {
      return 0;
    }
    const session = device.uplink(header.epoch);
    const body = open(session, header, frame);
    if (isFault(body)) {
      return 0;
    }
    device.keep(header.epoch, session);
    const meaning = interpret(body, device.entry, this.#shapes);
    return isFault(meaning) ? 0 : meaning.rows;
  }
}

function device(kid: number): DeviceEntry {
  const name = `bench-meter-${kid}`;
  const root = randomBytes(16);
  return { device: `urn:dev:ops:${name}`, name, kid, alg: algCcm, root, state: "active", personal: true };
}

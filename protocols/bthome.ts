import { type Advert, AdvertDecoder } from "./advert.ts";
import { type BthomeObject, bthomeObject } from "./bthome-objects.ts";
import { concat, fromUtf8, toHex } from "./bytes.ts";
import { openCcm } from "./ccm.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import type { Measurement, MeterKeys, MeterLanguage } from "./meter.ts";

/** BTHome v2: the service data (UUID fcd2) of BLE sensors' adverts, from its device information byte on. */
export const bthome: MeterLanguage = {
  name: "bthome",
  title: "BTHome v2",
  standard: "BTHome v2 (bthome.io)",
  line: { baud: 115200, dataBits: 8, parity: "none", stopBits: 1 },
  decoder: function (keys) {
    return new AdvertDecoder((bytes) => readBthome(bytes, keys === undefined ? null : keys));
  },
};

const encrypted = 0x01; // of the device information
const withAddress = 0x02;
const version = 2;
const addressLength = 6;
const counterLength = 4;
const tagLength = 4;
const uuid = new Uint8Array([0xd2, 0xfc]);

/** What an advert holds, opened but not read. */
export interface BthomeContent {
  /** Of the advert where it names one, else of the keys, first byte first; null where neither does. */
  readonly address: Uint8Array | null;
  readonly objects: Uint8Array;
  /** Of an encrypted advert (see AdvertGuard); null of a clear one. */
  readonly counter: number | null;
}

function readBthome(bytes: Uint8Array, keys: MeterKeys | null): Advert | Fault {
  const content = openBthome(bytes, keys);
  if (isFault(content)) {
    return content;
  }
  const measurements = readObjects(content.objects);
  return isFault(measurements)
    ? measurements
    : {
        meter: content.address === null ? null : toHex(content.address),
        measurements: measurements,
        verified: content.counter !== null,
      };
}

/**
 * The objects of an advert. Once a sensor has a key, clear data under its name is refused ("not-allowed"): anybody can send that. A tag
 * that does not hold may be damage or another key: "wrong-key" says what is likelier behind a radio that checks what it receives.
 */
export function openBthome(bytes: Uint8Array, keys: MeterKeys | null): BthomeContent | Fault {
  if (bytes.length === 0 || bytes[0] >> 5 !== version) {
    return fault("unsupported", "no device information of BTHome version 2");
  }
  const information = bytes[0];
  const hasAddress = (information & withAddress) !== 0;
  const at = hasAddress ? 1 + addressLength : 1;
  if (bytes.length <= at) {
    return fault("truncated", "an advert without objects");
  }
  const own = hasAddress ? backwards(bytes.subarray(1, at)) : null;
  const given = keys === null || keys.mac === undefined ? null : keys.mac;
  const address = own !== null ? own : given;
  const key = keys === null ? null : keys.key;
  if ((information & encrypted) === 0) {
    return key !== null
      ? fault("not-allowed", "clear data from a sensor that has a key")
      : { address: address, objects: bytes.subarray(at), counter: null };
  }
  if (keys === null || key === null || key.length !== 16) {
    return fault("no-key", "encrypted: it needs the sensor's key of 16 bytes");
  }
  if (address === null || address.length !== addressLength) {
    return fault("no-key", "encrypted: it needs the sensor's address of 6 bytes");
  }
  const counterAt = bytes.length - tagLength - counterLength;
  if (counterAt <= at) {
    return fault("truncated", "an encrypted advert without objects, counter or tag");
  }
  const counter = bytes.subarray(counterAt, counterAt + counterLength);
  const nonce = concat([address, uuid, bytes.subarray(0, 1), counter]);
  const opened = openCcm(
    keys.ciphers,
    { key: key, nonce: nonce },
    new Uint8Array(bytes.subarray(at, counterAt)),
    bytes.subarray(counterAt + counterLength),
  );
  return opened === null
    ? fault("wrong-key", "the key, with the sensor's address, does not open the advert")
    : { address: address, objects: opened, counter: unsigned(counter, 0, counterLength) };
}

/** All objects up to the first whose id no table has; a Fault where there is none before it, or one is cut. */
export function readObjects(bytes: Uint8Array): Measurement[] | Fault {
  const found: { readonly id: number; readonly measurements: readonly Measurement[] }[] = [];
  const counts: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const id = bytes[at];
    const object = bthomeObject(id);
    if (object === null) {
      break;
    }
    const isLong = object.length === 0;
    if (isLong && at + 1 >= bytes.length) {
      return cut(id);
    }
    const from = at + (isLong ? 2 : 1);
    const to = from + (isLong ? bytes[at + 1] : object.length);
    if (to > bytes.length) {
      return cut(id);
    }
    counts[id] = (counts[id] === undefined ? 0 : counts[id]) + 1;
    found.push({ id: id, measurements: measurementsOf(object, bytes, from, to) });
    at = to;
  }
  return found.length > 0
    ? numbered(found, counts)
    : fault("unsupported", "an object of an id that is not known: " + toHex(bytes.subarray(0, 1)));
}

function cut(id: number): Fault {
  return fault("truncated", "the advert stops inside object " + toHex(new Uint8Array([id])));
}

/** Objects that are there more than once are `_1`, `_2` in their order. */
function numbered(
  found: readonly { readonly id: number; readonly measurements: readonly Measurement[] }[],
  counts: readonly number[],
): Measurement[] {
  const measurements: Measurement[] = [];
  const seen: number[] = [];
  for (let i = 0; i < found.length; i++) {
    const id = found[i].id;
    seen[id] = (seen[id] === undefined ? 0 : seen[id]) + 1;
    const suffix = counts[id] > 1 ? "_" + String(seen[id]) : "";
    for (let k = 0; k < found[i].measurements.length; k++) {
      const one = found[i].measurements[k];
      measurements.push({ quantity: one.quantity + suffix, value: one.value, unit: one.unit });
    }
  }
  return measurements;
}

const presses: readonly (string | null)[] = [
  null,
  "press",
  "double_press",
  "triple_press",
  "long_press",
  "long_double_press",
  "long_triple_press",
];
const holdPress = 0x80;
const turns: readonly (string | null)[] = [null, "rotate_left", "rotate_right"];

/** What one object says; nothing where a button was not pressed and a dimmer not turned. */
function measurementsOf(
  object: BthomeObject,
  bytes: Uint8Array,
  from: number,
  to: number,
): readonly Measurement[] {
  const name = object.quantity;
  const data = bytes.subarray(from, to);
  switch (object.kind) {
    case "binary":
      return text(name, data[0] === 0 ? "false" : "true");
    case "button":
      return event(name, data[0] === holdPress ? "hold_press" : presses[data[0]], data[0]);
    case "dimmer": {
      const turned = event(name, turns[data[0]], data[0]);
      const steps = { quantity: name + "_steps", value: { integer: data[1], exponent: 0 }, unit: null };
      return turned.length === 0 ? turned : [turned[0], steps];
    }
    case "text": {
      const read = fromUtf8(data);
      return text(name, read === null ? toHex(data) : read);
    }
    case "raw":
      return text(name, toHex(data));
    default: {
      const raw = unsigned(bytes, from, to);
      const range = Math.pow(256, to - from);
      const integer = object.signed && raw >= range / 2 ? raw - range : raw;
      const value = { integer: integer * object.factor, exponent: object.exponent };
      return [{ quantity: name, value: value, unit: object.unit }];
    }
  }
}

/** Events that no table has keep their number. */
function event(name: string, known: string | null | undefined, number: number): readonly Measurement[] {
  return known === null ? [] : text(name, known === undefined ? "event_" + String(number) : known);
}

function text(name: string, value: string): readonly Measurement[] {
  return [{ quantity: name, value: value, unit: null }];
}

/** Low byte first. */
function unsigned(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = to - 1; i >= from; i--) {
    value = value * 256 + bytes[i];
  }
  return value;
}

function backwards(bytes: Uint8Array): Uint8Array {
  const turned = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    turned[i] = bytes[bytes.length - 1 - i];
  }
  return turned;
}

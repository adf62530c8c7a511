import { concat } from "../bytes.ts";
import { type Fault, isFault } from "../fault.ts";
import { closed, fillByte } from "../mbus-security.ts";
import type { MeterKeys } from "../meter.ts";
import { isoTime } from "../sml-time.ts";
import type { MakerContent, MakerFormat, MakerReading } from "./maker-format.ts";
import { meaningOf, part, tooShort, unsigned } from "./maker-parts.ts";

/**
 * Apator's NA-1 radio modules on water meters, CI a0 and a1: access number and a state byte, then one block of AES-128-CBC with the initial
 * vector of security mode 5. Layout as wmbusmeters' apatorna1 driver has found it; what the block has of the past is not read.
 */

const water = 0x07;
const sealedAt = 2;
const blockLength = 16;
/** 2000-01-01 in Unix seconds; the meter counts from there, in its own local time. */
const seconds2000 = 946684800;

const volume = meaningOf("volume", "m3", -3);
const time = meaningOf("date-time", null, 0);
/** By bits 4 and 5 of the volume's first byte. */
const multipliers: readonly number[] = [1, 10, 100, 1000];

export const apatorNa1: MakerFormat = {
  name: "Apator NA-1",
  place: "telegram",
  senders: { makers: ["APA"], versions: [0x14], types: [water], ci: [0xa0, 0xa1] },
  read: readNa1,
};

function readNa1(content: MakerContent): MakerReading | Fault {
  const sealed = content.bytes.subarray(sealedAt, sealedAt + blockLength);
  if (sealed.length < blockLength) {
    return tooShort(content.bytes, sealedAt + blockLength);
  }
  const clear = opened(content.telegram, sealed, content.keys);
  if (isFault(clear)) {
    return clear;
  }
  const bytes = concat([
    content.bytes.subarray(0, sealedAt),
    clear,
    content.bytes.subarray(sealedAt + blockLength),
  ]);
  const at = sealedAt + 1;
  return {
    bytes: bytes,
    parts: [
      part(bytes, at, 4, volume, 0, { integer: liters(bytes, at), exponent: -3 }),
      part(bytes, at + 4, 4, time, 0, isoTime(seconds2000 + unsigned(bytes, at + 4, 4), null).substr(0, 19)),
    ],
    sums: [],
  };
}

/** Clear text begins with a fill byte: one byte is little to tell a right key by, but all there is. */
function opened(telegram: Uint8Array, sealed: Uint8Array, keys: MeterKeys | null): Uint8Array | Fault {
  const key = keys === null ? null : keys.key;
  if (keys === null || key === null || key.length !== blockLength) {
    return closed(key, blockLength);
  }
  const vector = new Uint8Array(blockLength).fill(telegram[11]);
  vector.set(telegram.subarray(2, 10), 0);
  const clear = keys.ciphers.aesCbc.decrypt(key, vector, sealed);
  return clear[0] === fillByte ? clear : closed(key, blockLength);
}

/** The lowest four bits in the first byte, the others behind it. */
function liters(bytes: Uint8Array, at: number): number {
  const steps = unsigned(bytes, at + 1, 3) * 16 + (bytes[at] & 15);
  return steps * multipliers[(bytes[at] >> 4) & 3];
}

import type { BlockCiphers } from "./block-ciphers.ts";
import { fillByte } from "./mbus-security.ts";

/** Seals data records as meters do, for simulators and tests; mbus-security.ts opens them. */

const blockLength = 16;

/** Security mode 5 (EN 13757-7 §7.6.6): AES-128-CBC from the meter's address and the access number. `address`: maker 2, id 4, version, type. */
export function sealMode5(
  ciphers: BlockCiphers,
  meter: { readonly address: Uint8Array; readonly accessNumber: number; readonly key: Uint8Array },
  data: Uint8Array,
): Uint8Array {
  const iv = new Uint8Array(blockLength).fill(meter.accessNumber);
  iv.set(meter.address, 0);
  return ciphers.aesCbc.encrypt(meter.key, iv, filled(data));
}

/** The config word of an answer whose `data` are all sealed in this mode. */
export function configOf(mode: number, data: Uint8Array): number {
  const blocks = mode === 0 ? 0 : Math.floor(data.length / blockLength);
  return (mode << 8) | (blocks << 4);
}

/** Two fill bytes in front, by which a reader knows that its key fits, and as many behind as fill the last block. */
export function filled(data: Uint8Array): Uint8Array {
  const blocks = Math.ceil((data.length + 2) / blockLength);
  const whole = new Uint8Array(blocks * blockLength).fill(fillByte);
  whole.set(data, 2);
  return whole;
}

import type { MeterKeys } from "../meter.ts";

/**
 * How Diehl's meters (Izar, Sharky; makers DME, EWT, HYD, SAP and SPL) veil what they send: a shift register of 32 bits with taps 1, 2, 11 and 31, seeded
 * with the key and the telegram's head. The two keys that the meters leave the factory with are published (wmbusmeters, rtl_433), so this
 * keeps nothing secret; it is no encryption that could be trusted.
 */

export const makers: readonly string[] = ["DME", "EWT", "HYD", "SAP", "SPL"];

/** Where what is veiled begins: behind L, C, the address, CI and four bytes more. */
export const veiledAt = 15;

/** Both halves of a key of eight bytes, one over the other. */
const factoryKeys: readonly number[] = [0x39bc8a10 ^ 0xe66d83f8, 0x51728910 ^ 0xe66d83f8];

/** The meter's own key if it is of eight bytes, and the factory's. */
export function diehlKeys(keys: MeterKeys | null): readonly number[] {
  const own = keys === null ? null : keys.key;
  return own === null || own.length !== 8 ? factoryKeys : [word(own, 0) ^ word(own, 4)].concat(factoryKeys);
}

/** What stands at and behind `veiledAt`, with the veil on or off: both is the same. */
export function unveil(telegram: Uint8Array, key: number): Uint8Array {
  let register = key ^ word(telegram, 2) ^ word(telegram, 6) ^ word(telegram, 10);
  const bytes = new Uint8Array(telegram.length - veiledAt);
  for (let i = 0; i < bytes.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      const next = ((register >>> 1) ^ (register >>> 2) ^ (register >>> 11) ^ (register >>> 31)) & 1;
      register = (register << 1) | next;
    }
    bytes[i] = telegram[veiledAt + i] ^ (register & 0xff);
  }
  return bytes;
}

/** High byte first. */
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

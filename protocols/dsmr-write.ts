import type { BlockCiphers } from "./block-ciphers.ts";
import { concat, utf8 } from "./bytes.ts";
import { crcArc } from "./crc.ts";
import { d0Readout, type ReadoutText } from "./d0-write.ts";
import { sealGcm } from "./gcm.ts";
import { additional } from "./sealed-readout.ts";

/** A P1 telegram as versions 4 and 5 send it, or without CRC as 2 and 3 do. */
export function dsmrTelegram(readout: ReadoutText, withCrc: boolean): Uint8Array {
  const plain = d0Readout(readout, false);
  if (!withCrc) {
    return plain;
  }
  const covered = plain.subarray(0, plain.length - 2);
  const crc = crcArc(covered, 0, covered.length).toString(16).toUpperCase();
  return concat([covered, utf8("000".substr(crc.length - 1) + crc + "\r\n")]);
}

/** A telegram sealed as in Luxembourg. `title` has 8 bytes, `counter` 32 bits; the two never come again under one key. */
export function sealedTelegram(
  ciphers: BlockCiphers,
  seal: { readonly key: Uint8Array; readonly title: Uint8Array; readonly counter: number },
  telegram: Uint8Array,
): Uint8Array {
  const counter = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    counter[i] = (seal.counter >>> (24 - 8 * i)) & 0xff;
  }
  const nonce = concat([seal.title, counter]);
  const sealed = sealGcm(ciphers, { key: seal.key, nonce: nonce, additional: additional }, telegram, 12);
  const length = 1 + counter.length + sealed.length;
  return concat([
    new Uint8Array([0xdb, 0x08]),
    seal.title,
    new Uint8Array([0x82, length >> 8, length & 0xff, 0x30]),
    counter,
    sealed,
  ]);
}

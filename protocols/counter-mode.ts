import type { BlockCiphers } from "./block-ciphers.ts";
import { concat } from "./bytes.ts";

/** What counter mode made of data, and of the counter before it. */
export interface Counted {
  /** 16 bytes that cover the tag. */
  readonly mask: Uint8Array;
  /** Encrypted or decrypted. */
  readonly data: Uint8Array;
}

const block = 16; // bytes

/**
 * AES-128-CTR as GCM (SP 800-38D §7) and CCM (RFC 3610 §2.3) use it: the tag has the `first` counter block, the data those behind it. Both in
 * one call, since setting a cipher up costs more than the blocks of a telegram. 16 bytes of key and counter.
 */
export function counted(
  ciphers: BlockCiphers,
  key: Uint8Array,
  first: Uint8Array,
  data: Uint8Array,
): Counted {
  const both = ciphers.aesCtr(key, first, concat([new Uint8Array(block), data]));
  return { mask: new Uint8Array(both.subarray(0, block)), data: new Uint8Array(both.subarray(block)) };
}

/** The tag of a checksum under its mask: as many bytes as the checksum has. */
export function covered(sum: Uint8Array, mask: Uint8Array): Uint8Array {
  const tag = new Uint8Array(sum.length);
  for (let i = 0; i < sum.length; i++) {
    tag[i] = sum[i] ^ mask[i];
  }
  return tag;
}

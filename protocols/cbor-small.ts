/**
 * The CBOR that a small device needs, written as byte texts: texts whose characters are bytes, which a board's interpreter joins
 * natively and a build can put together beforehand. Read are unsigned numbers, texts, null and arrays: what a gateway says.
 */

export { bytesOf, byteText } from "./byte-text.ts";

const two32 = 4294967296;
const byte = String.fromCharCode;
/** Arrays within arrays. */
const depthMax = 3;
/** Far beyond any time in ms, and what a double holds exactly. */
const readMax = 9e15;

export type SmallValue = number | string | null | readonly SmallValue[];

/** A head in its shortest form (RFC 8949 §3): major type and an unsigned number below 2^53. */
export function head(major: number, n: number): string {
  const first = major << 5;
  if (n < 24) {
    return byte(first | n);
  }
  const size = n < 256 ? 0 : n < 65536 ? 1 : n < two32 ? 2 : 3;
  return byte(first | 24 | size) + bigEndian(n, 1 << size);
}

/** An unsigned number in 1 to 8 bytes. Four at once: a board's loops are slow. */
export function bigEndian(n: number, length: number): string {
  return length > 4
    ? bigEndian(Math.floor(n / two32), length - 4) + bigEndian(n, 4)
    : byte(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255).substr(4 - length);
}

/** An unsigned number, or null. */
export function numberItem(n: number | null): string {
  return n === null ? "\xf6" : head(0, n);
}

/** A text of ASCII as CBOR. */
export function textItem(text: string): string {
  return head(3, text.length) + text;
}

/** The one value in the bytes, as deterministic CBOR; undefined for whatever else they hold. */
export function readSmall(bytes: Uint8Array): SmallValue | undefined {
  let at = 0;
  let bad = false;
  function item(depth: number): SmallValue {
    const start = at;
    const first = bytes[at++];
    const major = first >> 5;
    let n = first & 31;
    if (first === 0xf6) {
      return null;
    }
    if (n > 23 && n < 28) {
      let left = 1 << (n - 24);
      for (n = 0; left > 0; left--) {
        n = n * 256 + bytes[at++];
      }
    }
    bad = bad || !(n < readMax) || head(major, n).length !== at - start || depth > depthMax;
    const list: SmallValue[] = [];
    let text = "";
    for (; n > 0 && major > 0 && !bad && at < bytes.length; n--) {
      if (major === 4) {
        list.push(item(depth + 1));
      } else {
        text += byte(bytes[at++]);
      }
    }
    bad = bad || (n > 0 && major > 0) || (major !== 0 && major !== 3 && major !== 4);
    return major === 4 ? list : major === 0 ? n : text;
  }
  const value = item(0);
  return bad || at !== bytes.length ? undefined : value;
}

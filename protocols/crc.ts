/**
 * Checksums over a part of a byte array, table-driven. Names and check values ("123456789") as in the CRC RevEng catalogue:
 * X-25 906e (ISO/IEC 13239, SML, HDLC), Kermit 2189 (ITU-T V.41), CRC-32C e3069283 (RFC 3720 appendix B.4).
 */

const table16 = reflectedTable16(0x8408); // x^16 + x^12 + x^5 + 1, bit-reversed
const table32c = reflectedTable32(0x82f63b78); // Castagnoli, bit-reversed

/** CRC-16/X-25 as a number; on the wire the low byte comes first. */
export function crcX25(bytes: Uint8Array, from: number, to: number): number {
  return crc16(bytes, from, to, 0xffff) ^ 0xffff;
}

/** CRC-16/Kermit as a number; SML meters that use it send the high byte first. */
export function crcKermit(bytes: Uint8Array, from: number, to: number): number {
  return crc16(bytes, from, to, 0);
}

/** CRC-32C as an unsigned number. `start` continues an earlier result, so that parts need not be copied together. */
export function crc32c(bytes: Uint8Array, from: number, to: number, start: number): number {
  let crc = ~start;
  for (let i = from; i < to; i++) {
    crc = (crc >>> 8) ^ table32c[(crc ^ bytes[i]) & 0xff];
  }
  return ~crc >>> 0;
}

function crc16(bytes: Uint8Array, from: number, to: number, start: number): number {
  let crc = start;
  for (let i = from; i < to; i++) {
    crc = (crc >>> 8) ^ table16[(crc ^ bytes[i]) & 0xff];
  }
  return crc;
}

function reflectedTable16(polynomial: number): Uint16Array {
  const table = new Uint16Array(256);
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    }
    table[i] = crc;
  }
  return table;
}

function reflectedTable32(polynomial: number): Int32Array {
  const table = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    }
    table[i] = crc;
  }
  return table;
}

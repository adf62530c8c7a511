/** CRC-16/X-25 with a table of 16 numbers: for boards, where the 256 of crc.ts cost more memory and time at start than they bring. */
export function crcX25(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff;
  for (let i = from; i < to; i++) {
    crc ^= bytes[i];
    crc = (crc >> 4) ^ table[crc & 15];
    crc = (crc >> 4) ^ table[crc & 15];
  }
  return crc ^ 0xffff;
}

// x^16 + x^12 + x^5 + 1, bit-reversed, for each half byte.
const table = [
  0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306, 0x7387, 0x8408, 0x9489, 0xa50a, 0xb58b, 0xc60c,
  0xd68d, 0xe70e, 0xf78f,
];

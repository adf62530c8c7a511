/** CRC-16/X-25, half a byte at a time: for boards, where the table of crc.ts costs more memory and time at start than it brings. */
export function crcX25(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff;
  for (let i = from; i < to; i++) {
    crc ^= bytes[i];
    crc = (crc >> 4) ^ ((crc & 15) * step);
    crc = (crc >> 4) ^ ((crc & 15) * step);
  }
  return crc ^ 0xffff;
}

// x^16 + x^12 + x^5 + 1, bit-reversed: its table for half a byte is 0, 1081, 2102 and so on to f78f, without any carry.
const step = 0x1081;

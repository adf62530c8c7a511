/** Total or per-phase active power: 1-0:16.7.0, 36.7.0, 56.7.0, 76.7.0. */
export function isPower(bytes: Uint8Array, at: number): boolean {
  const group = bytes[at + 2];
  return (
    bytes[at] === 1 &&
    bytes[at + 1] === 0 &&
    (group === 16 || group === 36 || group === 56 || group === 76) &&
    bytes[at + 3] === 7 &&
    bytes[at + 4] === 0
  );
}

/**
 * DZG DVS74 meters send positive power as a signed number that is too narrow: 356.24 W reads -299.12 W (libsml issues 59, 105, 125).
 * Only ids 0a 01 44 5a 47 with a serial number in the two faulty ranges; from 60,000,000 on it is repaired. Real negative values
 * come with four bytes.
 */
export function hasSignFault(bytes: Uint8Array, at: number, length: number): boolean {
  if (
    length !== 10 ||
    bytes[at] !== 0x0a ||
    bytes[at + 1] !== 1 ||
    bytes[at + 2] !== 0x44 ||
    bytes[at + 3] !== 0x5a ||
    bytes[at + 4] !== 0x47 ||
    bytes[at + 5] !== 0
  ) {
    return false;
  }
  const serial = ((bytes[at + 6] << 24) | (bytes[at + 7] << 16) | (bytes[at + 8] << 8) | bytes[at + 9]) >>> 0;
  return (serial >= 42000000 && serial <= 48999999) || (serial >= 55000000 && serial <= 58999999);
}

/** The same of an id as a byte text, for boards. */
export function hasSignFaultText(id: string): boolean {
  const serial = id.substr(6); // compared as text, which is the order of its bytes
  return (
    id.length === 10 &&
    id.substr(0, 6) === "\n\x01DZG\0" &&
    ((serial >= "\x02\x80\xde\x80" && serial <= "\x02\xeb\xae\x3f") ||
      (serial >= "\x03\x47\x3b\xc0" && serial <= "\x03\x84\x44\xbf"))
  );
}

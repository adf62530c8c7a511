import { type Fault, fault } from "../fault.ts";
import type { MakerContent, MakerFormat, MakerReading } from "./maker-format.ts";
import { meaningOf, partsOf, row, tooShort } from "./maker-parts.ts";

/**
 * Apator's 162 water meters (AT-WMBUS-16): behind DIF 0f seven bytes of state, then registers, each a byte that names it and as many bytes as it always has; at the
 * end fill bytes ff and two bytes that look like a checksum nobody knows. Lengths as wmbusmeters' apator162 driver has found them; what most
 * registers mean is not known.
 */

const stateLength = 7;
const checkLength = 2;
const fill = 0xff;
const totalRegister = 0x10;

const volume = meaningOf("volume", "m3", -3);

/** Data bytes behind a register's name. 71 to 7c, monthly histories, have one byte and a word more than their low digit says. */
const lengths: Readonly<Record<number, number>> = {
  0: 4,
  1: 3,
  16: 4,
  17: 2,
  64: 6,
  65: 2,
  66: 4,
  67: 2,
  68: 3,
  128: 10,
  129: 10,
  130: 10,
  131: 10,
  132: 10,
  133: 11,
  134: 10,
  135: 10,
  136: 11,
  138: 9,
  139: 6,
  140: 6,
  142: 7,
  143: 11,
  160: 4,
  161: 4,
  162: 1,
  163: 7,
  164: 4,
  165: 1,
  166: 3,
  167: 2,
  168: 2,
  169: 1,
  170: 2,
  171: 2,
  172: 2,
  173: 2,
  175: 1,
  176: 5,
  177: 8,
  178: 16,
  179: 8,
  180: 2,
  181: 16,
  208: 3,
  211: 3,
  240: 4,
};

export const apator162: MakerFormat = {
  name: "Apator 162",
  place: "block",
  block: "0f",
  senders: { makers: ["APA"], versions: [0x05], types: [0x06, 0x07] },
  read: readRegisters,
};

/** From register to register, because only the lengths of those before tell where one begins: behind one that nobody knows nothing is believed. */
function readRegisters(content: MakerContent): MakerReading | Fault {
  const bytes = content.bytes;
  const to = bytes.length - checkLength;
  for (let at = stateLength; at < to && bytes[at] !== fill; ) {
    const length = lengthOf(bytes[at]);
    if (length === null) {
      return fault("content", "register " + String(bytes[at]) + " of this meter is not known");
    }
    if (at + 1 + length > to) {
      return tooShort(bytes, at + 1 + length + checkLength);
    }
    if (bytes[at] === totalRegister) {
      return { bytes: bytes, parts: partsOf(bytes, [row(at + 1, length, "unsigned", volume, 0)]), sums: [] };
    }
    at += 1 + length;
  }
  return fault("content", "the meter's total volume is not in this telegram");
}

function lengthOf(register: number): number | null {
  if (register >= 0x71 && register <= 0x7c) {
    return 1 + 4 * ((register & 15) + 1);
  }
  if (register >= 0xb6 && register <= 0xc7) {
    return 3;
  }
  const length: number | undefined = lengths[register];
  return length === undefined ? null : length;
}

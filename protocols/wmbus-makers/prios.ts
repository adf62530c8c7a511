import { concat } from "../bytes.ts";
import { type Fault, fault } from "../fault.ts";
import { dateText } from "../mbus-time.ts";
import type { DataRecord } from "../meter.ts";
import { diehlKeys, makers, unveil, veiledAt } from "./diehl-lfsr.ts";
import {
  type MakerContent,
  type MakerFormat,
  type MakerPart,
  type MakerReading,
  makerOf,
} from "./maker-format.ts";
import { meaningOf, part, partsOf, row, tooShort } from "./maker-parts.ts";

/**
 * PRIOS, in which Diehl's water meters (Izar; makers SAP, HYD, DME, EWT, SPL) speak behind the CI fields a0 to a7: three bytes of state in the clear, behind a
 * fourth all else veiled. Layout as wmbusmeters' izar driver and rtl_433's m_bus have found it.
 */

const water = 0x07;
const headLength = 10;
/** Of the content: three of state, one more, then what is veiled: 4b and the volume. */
const clearLength = veiledAt - headLength - 1;
const veiledLeast = 5;
/** Volume and date of the last month besides. */
const veiledWhole = 11;
const opened = 0x4b;

const volume = meaningOf("volume", "m3", -3);
const alarms = meaningOf("alarms", null, 0);
const battery = meaningOf("battery-remaining", "a", -1);
const period = meaningOf("transmission-period", "s", 0);
const date = meaningOf("date", null, 0);

/** By byte of the content and its bit; what was, beside what is. */
const alarmBits: readonly { readonly at: number; readonly bit: number; readonly name: string }[] = [
  { at: 0, bit: 0x80, name: "general" },
  { at: 1, bit: 0x80, name: "leakage" },
  { at: 1, bit: 0x40, name: "leakage-before" },
  { at: 1, bit: 0x20, name: "blocked" },
  { at: 2, bit: 0x80, name: "back-flow" },
  { at: 2, bit: 0x40, name: "underflow" },
  { at: 2, bit: 0x20, name: "overflow" },
  { at: 2, bit: 0x10, name: "submarine" },
  { at: 2, bit: 0x08, name: "sensor-fraud" },
  { at: 2, bit: 0x04, name: "sensor-fraud-before" },
  { at: 2, bit: 0x02, name: "mechanical-fraud" },
  { at: 2, bit: 0x01, name: "mechanical-fraud-before" },
];

export const prios: MakerFormat = {
  name: "Diehl PRIOS (Izar)",
  place: "telegram",
  senders: { makers: makers, ci: [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7] },
  addressOf: addressOf,
  read: readPrios,
};

/** Sappel's ids run over into the version; the others put version and type in front of the id. */
function addressOf(telegram: Uint8Array): Uint8Array {
  const address = new Uint8Array(8);
  address.set(telegram.subarray(2, 4), 0);
  address.set(makerOf(telegram) === "SAP" ? telegram.subarray(4, 8) : telegram.subarray(6, 10), 2);
  address[7] = water;
  return address;
}

function readPrios(content: MakerContent): MakerReading | Fault {
  if (content.bytes.length < clearLength + veiledLeast) {
    return tooShort(content.bytes, clearLength + veiledLeast);
  }
  const keys = diehlKeys(content.keys);
  for (let i = 0; i < keys.length; i++) {
    const clear = unveil(content.telegram, keys[i]);
    if (clear[0] === opened) {
      const bytes = concat([content.bytes.subarray(0, clearLength), clear]);
      return { bytes: bytes, parts: partsIn(bytes), sums: [] };
    }
  }
  return fault(
    "no-key",
    "veiled with a key that is neither of those a Diehl meter leaves the factory with: ask the meter's operator for its eight bytes",
  );
}

function partsIn(bytes: Uint8Array): readonly MakerPart[] {
  const state = [
    part(bytes, 0, 1, period, 0, { integer: 1 << ((bytes[0] & 15) + 2), exponent: 0 }),
    part(bytes, 1, 1, battery, 0, { integer: 5 * (bytes[1] & 31), exponent: -1 }),
    part(bytes, 2, 1, alarms, 0, alarmsOf(bytes)),
  ];
  const at = clearLength + 1;
  const isWhole = bytes.length >= clearLength + veiledWhole;
  const rows = [row(at, 4, "unsigned", volume, 0)].concat(
    isWhole ? [row(at + 4, 4, "unsigned", volume, 1)] : [],
  );
  const readings = state.concat(partsOf(bytes, rows));
  return isWhole ? readings.concat([part(bytes, at + 8, 2, date, 1, dateText(bytes, at + 8))]) : readings;
}

function alarmsOf(bytes: Uint8Array): DataRecord["value"] {
  const found = alarmBits.filter((one) => (bytes[one.at] & one.bit) !== 0).map((one) => one.name);
  return found.length === 0 ? "none" : found.join(" ");
}

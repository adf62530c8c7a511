import { integerText } from "./decimal.ts";
import type { MeterLanguage, MeterNumber, MeterReading } from "./meter.ts";
import type { RegisterTable } from "./modbus-pdu.ts";
import type { ReadLimits, Span } from "./modbus-plan.ts";
import {
  inOrder,
  numberOf,
  type RegisterType,
  registersOf,
  textOf,
  type WordOrder,
} from "./modbus-register.ts";
import { type QuantityName, quantities } from "./quantity.ts";

/** The registers of one kind of meter: a page of its manual as data (protocols/modbus-maps). */
export interface ModbusMap {
  /** As configs name it: "sdm120". */
  readonly name: string;
  readonly title: string;
  /** The maker's document and page, and what else the addresses were compared with. */
  readonly sources: readonly string[];
  /** Settings it leaves the factory with. */
  readonly line: MeterLanguage["line"];
  readonly table: RegisterTable;
  readonly words: WordOrder;
  readonly limits: ReadLimits;
  /** Its serial number. */
  readonly serial: { readonly span: Span; readonly type: RegisterType | "text" } | null;
  /** Where it says which kind of meter it is; null where it does not, or no document at hand says where. */
  readonly identity: ModbusIdentity | null;
  readonly rows: readonly RegisterRow[];
  /** What not every version of the meter has: asked for apart, and no more once it was refused. */
  readonly optional: readonly RegisterRow[];
  readonly missing: MissingMark;
}

/**
 * What stands where there is no value: nothing agreed; the highest number of the type (7fff signed, ffff unsigned); or what SunSpec and others
 * take, the lowest signed (8000) and the highest unsigned. A float says it by being no number.
 */
export type MissingMark = "unmarked" | "highest" | "lowest-signed";

/** Registers by which a kind of meter is known: text that begins so, or a number (u16) within these bounds. */
export interface ModbusIdentity {
  readonly span: Span;
  readonly is: { readonly text: string } | { readonly least: number; readonly most: number };
}

/** Whether these are the registers of such a meter. */
export function isIdentity(identity: ModbusIdentity, bytes: Uint8Array): boolean {
  const is = identity.is;
  if ("text" in is) {
    const text = textOf(bytes);
    return text !== null && text.indexOf(is.text) === 0;
  }
  const code = bytes[0] * 256 + bytes[1];
  return code >= is.least && code <= is.most;
}

/** One number of a meter: register x 10^exponent is the quantity in its DLMS unit. */
export interface RegisterRow {
  /** From 0, as on the wire. */
  readonly address: number;
  readonly type: RegisterType;
  readonly quantity: QuantityName;
  readonly exponent: number;
  /** Holds a power of ten (s16) that comes to `exponent`; null for none. */
  readonly scale: number | null;
}

/** A row without a scale register. */
export function register(
  address: number,
  type: RegisterType,
  quantity: QuantityName,
  exponent: number,
): RegisterRow {
  return { address, type, quantity, exponent, scale: null };
}

/** A row whose power of ten stands in a register of its own. */
export function scaledRegister(
  address: number,
  type: RegisterType,
  quantity: QuantityName,
  scale: number,
): RegisterRow {
  return { address, type, quantity, exponent: 0, scale };
}

/** The spans that rows of a map want, scale registers among them. */
export function spansOf(map: ModbusMap, rows: readonly RegisterRow[]): readonly Span[] {
  const spans: Span[] = [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    spans.push({ table: map.table, address: row.address, count: registersOf(row.type) });
    if (row.scale !== null) {
      spans.push({ table: map.table, address: row.scale, count: 1 });
    }
  }
  return spans;
}

/** Gives the bytes of a span; null where they were not read. */
export type Lookup = (span: Span) => Uint8Array | null;

/** What the registers say, row by row; rows that were not read or say that there is none are left out. */
export function readMap(map: ModbusMap, lookup: Lookup): readonly MeterReading[] {
  const rows = map.rows.concat(map.optional);
  const readings: MeterReading[] = [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const value = valueAt(map, row, lookup);
    const quantity = quantities[row.quantity];
    if (value !== null && quantity.obis !== null) {
      readings.push({ obis: quantity.obis + "*255", value: value, unit: quantity.dlms });
    }
  }
  return readings;
}

function valueAt(map: ModbusMap, row: RegisterRow, lookup: Lookup): MeterNumber | null {
  const raw = lookup({ table: map.table, address: row.address, count: registersOf(row.type) });
  const power = row.scale === null ? 0 : scaleOf(map, row.scale, lookup);
  if (raw === null || power === null) {
    return null;
  }
  const bytes = inOrder(raw, 0, row.type, map.words);
  const number = isMissing(bytes, row.type, map.missing) ? null : numberOf(bytes, row.type);
  return number === null ? null : scaled(number, row, power);
}

/** A float's zero has no decimals to tell. */
function scaled(number: MeterNumber, row: RegisterRow, power: number): MeterNumber {
  const isFloat = row.type === "float32" || row.type === "float64";
  return isFloat && number.integer === 0
    ? number
    : { integer: number.integer, exponent: number.exponent + row.exponent + power };
}

const scaleMost = 10;

function scaleOf(map: ModbusMap, address: number, lookup: Lookup): number | null {
  const raw = lookup({ table: map.table, address: address, count: 1 });
  const number = raw === null ? null : numberOf(raw, "s16");
  const power = number === null ? NaN : (number.integer as number);
  return power >= -scaleMost && power <= scaleMost ? power : null;
}

/** Whether an integer is the one that stands for none. */
export function isMissing(bytes: Uint8Array, type: RegisterType, mark: MissingMark): boolean {
  const kind = type.charAt(0);
  if (mark === "unmarked" || (kind !== "s" && kind !== "u")) {
    return false;
  }
  const lowest = kind === "s" && mark === "lowest-signed";
  const first = kind === "u" ? 255 : lowest ? 128 : 127;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== (i === 0 ? first : lowest ? 0 : 255)) {
      return false;
    }
  }
  return true;
}

/** The serial number of the bytes it stands in; null where there is none. */
export function serialOf(map: ModbusMap, bytes: Uint8Array): string | null {
  if (map.serial === null) {
    return null;
  }
  if (map.serial.type === "text") {
    return textOf(bytes);
  }
  const number = numberOf(inOrder(bytes, 0, map.serial.type, map.words), map.serial.type);
  return number === null ? null : integerText(number.integer);
}

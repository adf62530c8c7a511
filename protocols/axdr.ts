import { toHex } from "./bytes.ts";
import { fromWords, type Integer, parseDecimal } from "./decimal.ts";
import { dlmsTime } from "./dlms-time.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { decimalOfFloat32 } from "./float32.ts";
import type { MeterNumber } from "./meter.ts";

/** The data of COSEM objects as DLMS sends it: a type, a length where the type has none of its own, content (A-XDR, IEC 62056-6-2 §4.1.5). */

export const typeNull = 0;
export const typeArray = 1;
export const typeStructure = 2;
export const typeOctets = 9;
export const typeInt8 = 15;
export const typeUint16 = 18;
export const typeEnum = 22;
/** Not a type of the standard's: an attribute that stands without one, before its value. */
export const typeAttribute = -1;

export interface CosemData {
  readonly type: number;
  /** Of an array or structure, else empty. */
  readonly items: readonly CosemData[];
  /** Octets, and the logical name of an attribute; else empty. */
  readonly octets: Uint8Array;
  /** What the rest is worth: octets as hexadecimal text; null for null-data, lists and what is no number. */
  readonly value: MeterNumber | string | null;
}

/** Lists in lists; meters need five. */
const depthMax = 12;
const noItems: readonly CosemData[] = [];
const noOctets = new Uint8Array(0);

/**
 * A place in an APDU. `attributes`: structures of two may begin with an attribute that has no type (class, logical name, number), as
 * meters of Sagemcom send it. Nothing is allocated for a length before as many bytes are there.
 */
export class AxdrReader {
  private readonly bytes: Uint8Array;
  private readonly attributes: boolean;
  /** Next byte. */
  at: number;

  constructor(bytes: Uint8Array, at: number, attributes: boolean) {
    this.bytes = bytes;
    this.at = at;
    this.attributes = attributes;
  }

  read(): CosemData | Fault {
    return this.item(0);
  }

  /** A length or count (ITU-T X.690 §8.1.3, the definite forms). Whether as much is there is for the caller to see. */
  length(): number | Fault {
    const bytes = this.bytes;
    if (this.at >= bytes.length) {
      return cut;
    }
    const first = bytes[this.at++];
    if (first < 128) {
      return first;
    }
    const size = first & 127;
    if (size < 1 || size > 4) {
      return fault("syntax", "a length of " + String(size) + " bytes");
    }
    if (this.at + size > bytes.length) {
      return cut;
    }
    let length = 0;
    for (let i = 0; i < size; i++) {
      length = length * 256 + bytes[this.at++];
    }
    return length;
  }

  private item(depth: number): CosemData | Fault {
    if (this.at >= this.bytes.length) {
      return cut;
    }
    const type = this.bytes[this.at++];
    const width = widthOf(type);
    if (type === typeArray || type === typeStructure) {
      return this.list(type, depth);
    }
    if (width === 0 && type !== typeNull && type !== 255) {
      return this.string(type);
    }
    if (this.at + width > this.bytes.length) {
      return cut;
    }
    const value = fixed(this.bytes, this.at, type);
    this.at += width;
    return { type: type, items: noItems, octets: noOctets, value: value };
  }

  private list(type: number, depth: number): CosemData | Fault {
    if (depth >= depthMax) {
      return fault("limit", "lists nested deeper than " + String(depthMax));
    }
    const count = this.length();
    if (isFault(count)) {
      return count;
    }
    if (count > lengthMax) {
      return tooLong(count);
    }
    const items: CosemData[] = [];
    if (this.attributes && type === typeStructure && count === 2) {
      const attribute = this.attribute();
      if (attribute !== null) {
        items.push(attribute);
      }
    }
    const name = type === typeStructure && count > 1 ? this.turnedName() : null;
    if (name !== null) {
      items.push(name);
    }
    while (items.length < count) {
      const item = this.item(depth + 1);
      if (isFault(item)) {
        return item;
      }
      items.push(item);
    }
    return { type: type, items: items, octets: noOctets, value: null };
  }

  /**
   * A logical name whose type and length stand the wrong way round, as Landis+Gyr's ZMF100 sends those of its currents. Null, and nothing
   * read, where the same bytes can be a number of 32 bits: there a type follows, here it is the 7 of an instantaneous value, which is none.
   */
  private turnedName(): CosemData | null {
    const at = this.at;
    const bytes = this.bytes;
    const isTurned = bytes[at] === 6 && bytes[at + 1] === typeOctets && bytes[at + 5] === instantaneous;
    if (!isTurned || at + 8 > bytes.length || bytes[at + 7] !== 255) {
      return null;
    }
    this.at += 8;
    const octets = new Uint8Array(bytes.subarray(at + 2, at + 8));
    return { type: typeOctets, items: noItems, octets: octets, value: toHex(octets) };
  }

  /**
   * Class below 256, logical name of a current value (it ends in 255), attribute 1 to 32. Null, and nothing read, where the next bytes do
   * not look like that: then the structure begins with null-data, which is the same byte.
   */
  private attribute(): CosemData | null {
    const at = this.at;
    if (at + 9 > this.bytes.length || this.bytes[at] !== 0 || this.bytes[at + 1] === 0) {
      return null;
    }
    const number = this.bytes[at + 8];
    if (this.bytes[at + 7] !== 255 || number < 1 || number > 32) {
      return null;
    }
    this.at += 9;
    const octets = new Uint8Array(this.bytes.subarray(at + 2, at + 8));
    return { type: typeAttribute, items: noItems, octets: octets, value: null };
  }

  private string(type: number): CosemData | Fault {
    if (stringTypes.indexOf(type) < 0) {
      return fault("syntax", "no data begins with " + toHex(new Uint8Array([type])));
    }
    const length = this.length();
    if (isFault(length)) {
      return length;
    }
    if (length > lengthMax) {
      return tooLong(length);
    }
    const size = type === typeBits ? (length + 7) >> 3 : length;
    if (this.at + size > this.bytes.length) {
      return cut;
    }
    const octets = new Uint8Array(this.bytes.subarray(this.at, this.at + size));
    this.at += size;
    return {
      type: type,
      items: noItems,
      octets: octets,
      value: type === typeVisible || type === typeUtf8 ? textOf(octets) : toHex(octets),
    };
  }
}

/** Longest string and greatest count: no telegram here is longer. */
const lengthMax = 8192;
/** Value group D of OBIS: what is now. No type has this number. */
const instantaneous = 7;
const typeBits = 4;
const typeVisible = 10;
const typeUtf8 = 12;
const stringTypes: readonly number[] = [typeBits, typeOctets, typeVisible, typeUtf8];
const cut: Fault = fault("truncated", "the bytes stop inside the data");

function tooLong(length: number): Fault {
  return fault("limit", "a length of " + String(length) + " where " + String(lengthMax) + " is the most");
}

/** Bytes of the types that have a length of their own; 0 for the others. */
function widthOf(type: number): number {
  switch (type) {
    case 3: // boolean
    case 13: // bcd
    case typeInt8:
    case 17: // unsigned
    case typeEnum:
      return 1;
    case 16: // long
    case typeUint16:
      return 2;
    case 5: // double-long
    case 6: // double-long-unsigned
    case 23: // float32
    case 27: // time
      return 4;
    case 26: // date
      return 5;
    case 20: // long64
    case 21: // long64-unsigned
    case 24: // float64
      return 8;
    case 25: // date-time
      return 12;
    default:
      return 0;
  }
}

function fixed(bytes: Uint8Array, at: number, type: number): CosemData["value"] {
  switch (type) {
    case typeNull:
    case 255: // don't-care
      return null;
    case 23:
      return decimalOfFloat32(new Uint8Array([bytes[at + 3], bytes[at + 2], bytes[at + 1], bytes[at]]), 0);
    case 24:
      return decimalOfFloat64(bytes, at);
    case 25: {
      const time = dlmsTime(bytes, at);
      return time === null ? toHex(bytes.subarray(at, at + 12)) : time;
    }
    case 13:
    case 26:
    case 27:
      return toHex(bytes.subarray(at, at + widthOf(type)));
    default:
      return { integer: integerOf(bytes, at, type), exponent: 0 };
  }
}

/** High byte first; signed are 5, 15, 16 and 20. */
function integerOf(bytes: Uint8Array, at: number, type: number): Integer {
  const width = widthOf(type);
  const negative = (type === 5 || type === typeInt8 || type === 16 || type === 20) && bytes[at] > 127;
  let high = negative ? -1 : 0;
  let low = negative ? 4294967295 : 0;
  for (let i = 0; i < width; i++) {
    const carried = Math.floor(low / 16777216);
    high = i < 4 ? high : high * 256 + carried;
    low = (low % 16777216) * 256 + bytes[at + i];
  }
  if (width === 8) {
    high = 0;
    for (let i = 0; i < 4; i++) {
      high = high * 256 + bytes[at + i];
    }
    high = negative ? high - 4294967296 : high;
  }
  return fromWords(high, low);
}

/** The shortest decimal that reads back as the same double; null for infinities, NaN and what passes 18 decimals. */
function decimalOfFloat64(bytes: Uint8Array, at: number): MeterNumber | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  const form = /^([-0-9.]+)e*([-+0-9]*)$/.exec(String(view.getFloat64(0)));
  const decimal = form === null ? null : parseDecimal(form[1]);
  if (form === null || decimal === null) {
    return null;
  }
  const exponent = decimal.exponent + (form[2] === "" ? 0 : parseInt(form[2], 10));
  return exponent < -18 || exponent > 18 ? null : { integer: decimal.integer, exponent: exponent };
}

/** Without the zeros that some meters fill a text up with. */
function textOf(octets: Uint8Array): string {
  let end = octets.length;
  while (end > 0 && octets[end - 1] === 0) {
    end--;
  }
  let text = "";
  for (let i = 0; i < end; i++) {
    text += String.fromCharCode(octets[i]);
  }
  return text;
}

import { fromWords, type Integer } from "./decimal.ts";
import { type Fault, type FaultCode, fault } from "./fault.ts";

/** The fields of an SML message: tag, length, content (SML 1.04 §6). Read where they lie, one after the other. */

export const typeOctets: number = 0;
export const typeBool: number = 4;
export const typeSigned: number = 5;
export const typeUnsigned: number = 6;
export const typeList: number = 7;

/** Nesting of lists; the deepest telegram of the corpus needs six. */
const depthMax = 16;
/** Tag-length bytes of one field. */
const headMax = 4;
/** An optional field that is not there: octets without content. Reading it past the end is caught by the field that follows. */
const absent = 0x01;

/** A place in a telegram. Its readers return false, or null, where the bytes are not what was expected; `failure` then says why. */
export class SmlFields {
  bytes: Uint8Array = new Uint8Array(0);
  /** Next byte. */
  at = 0;
  /** Behind the last byte. */
  to = 0;
  /** Of the head read last; the length in bytes of content, or in entries of a list. */
  type = 0;
  length = 0;
  failure: Fault | null = null;
  private from = 0;

  open(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes;
    this.from = from;
    this.at = from;
    this.to = to;
    this.failure = null;
  }

  /** An integer or an absent field; anything else is a failure and null. */
  optionalInteger(): Integer | null {
    if (this.bytes[this.at] === absent) {
      this.at++;
      return null;
    }
    if (this.failure !== null || !this.head()) {
      return null;
    }
    if (this.type === typeOctets && this.length === 0) {
      return null;
    }
    if (this.type !== typeSigned && this.type !== typeUnsigned) {
      this.fail("syntax", "an integer was expected");
      return null;
    }
    return this.integer();
  }

  /** A bool as 0 or 1, behind its head; null where it is none. */
  bool(): number | null {
    if (this.length !== 1) {
      this.fail("syntax", "a bool of one byte was expected");
      return null;
    }
    return this.bytes[this.at++] === 0 ? 0 : 1;
  }

  /** The integer behind the head just read: any width from 1 to 8 bytes, the sign of its first bit. */
  integer(): Integer | null {
    const width = this.length;
    if (width < 1 || width > 8) {
      this.fail("syntax", "an integer of " + String(width) + " bytes");
      return null;
    }
    const negative = this.type === typeSigned && this.bytes[this.at] > 127;
    if (width <= 4) {
      const value = this.unsigned(width);
      return negative ? value - widthRange(width) : value;
    }
    const high = this.unsigned(width - 4);
    const low = this.unsigned(4);
    return fromWords(negative ? high - widthRange(width - 4) : high, low);
  }

  /** `width` bytes as an unsigned number, 1 to 4. The caller knows that they are there. */
  unsigned(width: number): number {
    const bytes = this.bytes;
    let value = 0;
    for (let end = this.at + width; this.at < end; this.at++) {
      value = (value << 8) | bytes[this.at];
    }
    return value >>> 0;
  }

  list(count: number): boolean {
    if (this.at < this.to && this.bytes[this.at] === 0x70 + count) {
      this.at++;
      return true;
    }
    return this.fail("syntax", "a list of " + String(count) + " was expected");
  }

  /** Passes over one field whatever it holds. */
  skip(depth: number): boolean {
    if (this.bytes[this.at] === absent) {
      this.at++;
      return true;
    }
    if (!this.head()) {
      return false;
    }
    if (this.type !== typeList) {
      this.at += this.length;
      return true;
    }
    if (depth >= depthMax) {
      return this.fail("limit", "lists nested deeper than " + String(depthMax));
    }
    for (let left = this.length; left > 0; left--) {
      if (!this.skip(depth + 1)) {
        return false;
      }
    }
    return true;
  }

  /** Reads a tag-length field: `type`, and `length` as bytes of content or as entries of a list; both fit what is left. */
  head(): boolean {
    if (this.at >= this.to) {
      return this.fail("syntax", "the telegram ends inside a message");
    }
    let byte = this.bytes[this.at++];
    this.type = (byte >> 4) & 7;
    let length = byte & 15;
    let size = 1;
    while (byte > 127) {
      if (size === headMax) {
        return this.fail("limit", "a tag-length field of more than " + String(headMax) + " bytes");
      }
      if (this.at >= this.to) {
        return this.fail("syntax", "the telegram ends inside a tag-length field");
      }
      byte = this.bytes[this.at++];
      if ((byte & 0x70) !== 0) {
        return this.fail("syntax", "a tag-length field changes its type");
      }
      length = (length << 4) | (byte & 15);
      size++;
    }
    // The length of a list counts its entries, every other length its own tag-length bytes too.
    this.length = this.type === typeList ? length : length - size;
    if (this.length < 0 || (this.type > typeOctets && this.type < typeBool)) {
      return this.fail("syntax", "no such tag-length field");
    }
    return this.need(this.length);
  }

  need(count: number): boolean {
    return (
      this.at + count <= this.to ||
      this.fail("limit", "a length of " + String(count) + " is more than is left")
    );
  }

  /** Keeps the first failure. Always false, so that a reader can return it. */
  fail(code: FaultCode, detail: string): false {
    if (this.failure === null) {
      this.failure = fault(code, detail + " (byte " + String(this.at - this.from + 8) + " of the telegram)");
    }
    return false;
  }
}

/** How many values a width of 1 to 4 bytes has. */
export function widthRange(width: number): number {
  return width === 4 ? 4294967296 : 1 << (8 * width);
}

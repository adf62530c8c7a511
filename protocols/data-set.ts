import { parseDecimal } from "./decimal.ts";
import { type Fault, fault } from "./fault.ts";
import type { MeterReading } from "./meter.ts";

/**
 * The data block of IEC 62056-21 §5 as D0 and P1 send it: `address(value*unit)(...)`, several sets a line or one, and lines that begin
 * with a group and continue the set before.
 */

const opening = 0x28;
const closing = 0x29;
const newline = 0x0a;
const carriageReturn = 0x0d;

/** The readings of the data block in bytes[from, to), one for each group; a Fault where it is not of this form. */
export function readDataSets(bytes: Uint8Array, from: number, to: number): readonly MeterReading[] | Fault {
  const readings: MeterReading[] = [];
  let address = "";
  let groups: string[] = [];
  let group = -1; // where the open group's content begins
  let word = from; // where the text before a group begins
  for (let at = from; at <= to; at++) {
    const byte = at < to ? bytes[at] : newline;
    if (group >= 0) {
      if (byte === closing) {
        groups.push(asciiText(bytes, group, at));
        group = -1;
        word = at + 1;
      } else if (byte === opening || isControl(byte)) {
        return fault("syntax", "a value without ) behind " + address);
      }
    } else if (byte === opening) {
      if (!isBlank(bytes, word, at)) {
        addReadings(readings, address, groups);
        address = asciiText(bytes, word, at);
        groups = [];
      } else if (address === "") {
        return fault("syntax", "a value without an address before it");
      }
      group = at + 1;
    } else if (byte === newline || byte === carriageReturn) {
      if (!isBlank(bytes, word, at)) {
        return fault("syntax", "a line that ends without a value");
      }
      word = at + 1;
    } else if (byte === closing || isControl(byte)) {
      return fault("syntax", "a byte " + String(byte) + " where an address was expected");
    }
  }
  addReadings(readings, address, groups);
  return readings;
}

/** One character for each byte. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) {
    text += String.fromCharCode(bytes[i]);
  }
  return text;
}

export function isControl(byte: number): boolean {
  return byte < 0x20 || byte === 0x7f;
}

export function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    if (bytes[i] !== 0x20) {
      return false;
    }
  }
  return true;
}

function addReadings(readings: MeterReading[], address: string, groups: readonly string[]): void {
  if (isDelivery(address, groups)) {
    const value = numberOf(groups[6]);
    readings.push({
      obis: groups[4],
      value: value === null ? groups[6] : value,
      unit: value === null ? null : groups[5],
      time: groups[0],
    });
    return;
  }
  let time: string | null = null;
  for (let i = 0; i < groups.length; i++) {
    // P1 companion standard 5.0.2 §5.2.4, TST: YYMMDDhhmmss, summer or winter time.
    if (i + 1 < groups.length && /^[0-9]+[SW]$/.test(groups[i]) && groups[i].length === 13) {
      time = groups[i];
      continue;
    }
    readings.push(readingOf(address, groups[i], time));
    time = null;
  }
}

/** `24.3.0(time)(..)(..)(..)(obis)(unit)(value)`: what DSMR 2 and 3 say of gas, heat and water (P1 companion standard 3.0 §5.4). */
function isDelivery(address: string, groups: readonly string[]): boolean {
  return groups.length === 7 && /(^|:)24\.3\.0$/.test(address) && isTime(groups[0]);
}

/** TST, or digits alone. A board's patterns know neither `?` nor an empty choice. */
function isTime(group: string): boolean {
  return /^[0-9]+$/.test(group) || /^[0-9]+[SW]$/.test(group);
}

function readingOf(obis: string, group: string, time: string | null): MeterReading {
  const star = group.indexOf("*");
  const value = star < 0 || star + 1 === group.length ? null : numberOf(group.substr(0, star));
  const unit = value === null ? null : group.substr(star + 1);
  const read = { obis: obis, value: value === null ? group : value, unit: unit };
  return time === null ? read : { obis: obis, value: read.value, unit: unit, time: time };
}

/** An exact decimal; one of more digits than 64 bits hold stays text, written the same way. Null where it is no number. */
function numberOf(text: string): MeterReading["value"] | null {
  const form = /^([+-]*)([0-9]+)([.,]*)([0-9]*)$/.exec(text); // boards have no `?` in patterns: once is checked here
  if (form === null || form[1].length > 1 || form[3].length !== Math.min(form[4].length, 1)) {
    return null;
  }
  const whole = form[2].replace(/^0+/, "");
  const digits = (whole === "" ? "0" : whole) + (form[4] === "" ? "" : "." + form[4]);
  const plain = form[1] === "-" && /[1-9]/.test(digits) ? "-" + digits : digits;
  const value = parseDecimal(plain);
  return value === null ? plain : value;
}

import type { Integer } from "./decimal.ts";
import type { SmlFields } from "./sml-field.ts";

/**
 * A time field (SML_Time), read or passed over: absent, seconds index (with its choice, or bare as Holley sends it), timestamp, local
 * timestamp. Text where it is a time of day; the meter's own count of seconds tells nobody when.
 */
export function readTime(fields: SmlFields): string | null {
  const bytes = fields.bytes;
  const at = fields.at;
  const choice = bytes[at] === 0x72 && bytes[at + 1] === 0x62 ? bytes[at + 2] : 0;
  if (choice === 2 && bytes[at + 3] === 0x65) {
    fields.at += 3;
    const seconds = fields.optionalInteger();
    return typeof seconds === "number" ? isoTime(seconds, null) : null;
  }
  if (choice === 3 && bytes[at + 3] === 0x73) {
    fields.at += 4;
    const seconds = fields.optionalInteger();
    const offset = fields.optionalInteger(); // minutes
    const season = fields.optionalInteger(); // minutes
    return typeof seconds === "number" && typeof offset === "number" && typeof season === "number"
      ? isoTime(seconds, offset + season)
      : null;
  }
  fields.skip(4);
  return null;
}

/**
 * A value that is a list, behind its head: (1, time) gives the number of the time (SmlLib issue 26), any other list null. Never costs
 * the telegram.
 */
export function listedTime(fields: SmlFields): Integer | null {
  const bytes = fields.bytes;
  let number: Integer | null = null;
  let left = fields.length;
  if (left === 2 && bytes[fields.at] === 0x62 && bytes[fields.at + 1] === 1) {
    fields.at += 2;
    left = 1;
    // The time follows with its own choice (1 index, 2 timestamp, 3 local timestamp), or bare.
    const choice = bytes[fields.at] === 0x72 && bytes[fields.at + 1] === 0x62 ? bytes[fields.at + 2] : 0;
    if (choice >= 1 && choice <= 3) {
      fields.at += 3;
      if (choice === 3 && bytes[fields.at] === 0x73) {
        fields.at++;
        left = 3;
      }
    }
    if ((bytes[fields.at] & 0xf0) === 0x60) {
      number = fields.optionalInteger();
      left--;
    }
  }
  for (; left > 0 && fields.failure === null; left--) {
    fields.skip(5);
  }
  return number;
}

/**
 * Unix seconds as ISO 8601 text: with Z, or, where the meter says its local offset in minutes, as local time with it. Days to
 * calendar after Hinnant, "chrono-compatible low-level date algorithms", with years that begin in March.
 */
export function isoTime(seconds: number, offset: number | null): string {
  const local = seconds + (offset === null ? 0 : offset * 60);
  const days = Math.floor(local / 86400);
  const inDay = local - days * 86400;
  const shifted = days + 719468; // from 0000-03-01
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const march = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * march + 2) / 5) + 1;
  const month = march < 10 ? march + 3 : march - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const minutes = Math.floor(inDay / 60);
  return (
    String(year) +
    "-" +
    two(month) +
    "-" +
    two(day) +
    "T" +
    two(Math.floor(minutes / 60)) +
    ":" +
    two(minutes % 60) +
    ":" +
    two(inDay % 60) +
    (offset === null ? "Z" : zone(offset))
  );
}

function zone(offset: number): string {
  const minutes = offset < 0 ? -offset : offset;
  return (offset < 0 ? "-" : "+") + two(Math.floor(minutes / 60)) + ":" + two(minutes % 60);
}

function two(value: number): string {
  return value < 10 ? "0" + String(value) : String(value);
}

/**
 * Dates and times of EN 13757-3 annex A: type G (date), F (date and minute), I (to the second), J (time of day). Each gives ISO 8601
 * text without a zone, or null where the meter marks it invalid, leaves it unset, or no calendar has it.
 */

/** Type F and I: bit 7 of the byte with the minutes. */
const invalidTime = 0x80;

/** Type G, two bytes: `YYYY-MM-DD`. */
export function dateText(bytes: Uint8Array, at: number): string | null {
  return day(bytes[at], bytes[at + 1]);
}

/** Type F (4 bytes) and I (6 bytes) as `YYYY-MM-DDThh:mm:ss`, type J (3 bytes) as `hh:mm:ss`; null for any other length. */
export function dateTimeText(bytes: Uint8Array, at: number, length: number): string | null {
  if (length === 4) {
    const clock = (bytes[at] & invalidTime) !== 0 ? null : time(bytes[at + 1] & 31, bytes[at] & 63, 0);
    return joined(day(bytes[at + 2], bytes[at + 3]), clock);
  }
  if (length === 6) {
    const invalid = (bytes[at + 1] & invalidTime) !== 0;
    const clock = invalid ? null : time(bytes[at + 2] & 31, bytes[at + 1] & 63, bytes[at] & 63);
    return joined(day(bytes[at + 3], bytes[at + 4]), clock);
  }
  return length === 3 ? time(bytes[at + 2] & 31, bytes[at + 1] & 63, bytes[at] & 63) : null;
}

function joined(date: string | null, clock: string | null): string | null {
  return date === null || clock === null ? null : date + "T" + clock;
}

/**
 * Day in bits 0 to 4, month in 8 to 11, year in 5 to 7 and 12 to 15; years above 80 are 19xx. The hundreds that type F has in its byte
 * of hours are not believed: a ZRI water meter of 2026 sends 2, which would be 2126.
 */
function day(low: number, high: number): string | null {
  const date = low & 31;
  const month = high & 15;
  const year = ((low & 0xe0) >> 5) | ((high & 0xf0) >> 1);
  return year > 99 ? null : calendarDate(year + (year > 80 ? 1900 : 2000), month, date);
}

/** `YYYY-MM-DD`, null for what no calendar has. `year` has four digits. */
export function calendarDate(year: number, month: number, date: number): string | null {
  return month < 1 || month > 12 || date < 1 || date > daysOf(month, year)
    ? null
    : String(year) + "-" + twoDigits(month) + "-" + twoDigits(date);
}

function daysOf(month: number, year: number): number {
  if (month === 2) {
    return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  }
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function time(hour: number, minute: number, second: number): string | null {
  return hour > 23 || minute > 59 || second > 59
    ? null
    : twoDigits(hour) + ":" + twoDigits(minute) + ":" + twoDigits(second);
}

function twoDigits(value: number): string {
  return value < 10 ? "0" + String(value) : String(value);
}

/**
 * COSEM's date-time (IEC 62056-6-2 §4.1.6.1): year 2, month, day, weekday, hour, minute, second, hundredths, deviation 2, status. As ISO
 * 8601, with the zone where the meter tells its deviation; null for a time with unset parts.
 */
export function dlmsTime(bytes: Uint8Array, at: number): string | null {
  const year = bytes[at] * 256 + bytes[at + 1];
  const month = bytes[at + 2];
  const day = bytes[at + 3];
  const hour = bytes[at + 5];
  const minute = bytes[at + 6];
  const second = bytes[at + 7] === 255 ? 0 : bytes[at + 7];
  if (year < 1000 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31) {
    return null;
  }
  if (hour > 23 || minute > 59 || second > 59) {
    return null;
  }
  const date = String(year) + "-" + two(month) + "-" + two(day);
  return date + "T" + two(hour) + ":" + two(minute) + ":" + two(second) + zone(bytes, at + 9);
}

/** The deviation is what leads from local time to UTC, in minutes: -60 in Berlin's winter. 8000: not told. */
function zone(bytes: Uint8Array, at: number): string {
  const word = bytes[at] * 256 + bytes[at + 1];
  const east = word > 32767 ? 65536 - word : -word;
  if (east < -840 || east > 840) {
    return "";
  }
  const minutes = east < 0 ? -east : east;
  return (east < 0 ? "-" : "+") + two(Math.floor(minutes / 60)) + ":" + two(minutes % 60);
}

function two(n: number): string {
  return n < 10 ? "0" + String(n) : String(n);
}

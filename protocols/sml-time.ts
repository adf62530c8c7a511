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

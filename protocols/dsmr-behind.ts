import type { MeterNumber, MeterReading, Telegram } from "./meter.ts";
import type { QuantityName } from "./quantity.ts";

/** What a meter behind a P1 port last said: gas or water, by its own time (P1 companion standard 5.0.2 §5.2.3, §6.12: M-Bus devices on channels 1 to 4). */
export interface BehindReading {
  readonly quantity: QuantityName;
  readonly value: MeterNumber;
  /** When it was taken, Unix ms. */
  readonly time: number;
  /** Its equipment identifier as sent, hexadecimal; empty where none is sent. */
  readonly meter: string;
}

const channelsMost = 4;
/** Device types (EN 13757-3 table 8) whose volumes the table of quantities has. */
const gas = 3;
const water = 7;

/** The last readings of the meters behind this one. Those without a time, or of a kind that has no quantity here, are left out. */
export function readingsBehind(telegram: Telegram): readonly BehindReading[] {
  const found: BehindReading[] = [];
  for (let channel = 1; channel <= channelsMost; channel++) {
    const own = "0-" + channel + ":";
    const type = textOf(telegram, own + "24.1.0");
    const quantity = Number(type) === gas ? "gasVolume" : Number(type) === water ? "waterVolume" : null;
    const reading = volumeOf(telegram, own);
    const time = reading === null || reading.time === undefined ? null : timeOf(reading.time);
    if (type !== "" && quantity !== null && reading !== null && time !== null && reading.unit === "m3") {
      const meter = textOf(telegram, own + "96.1.0");
      found.push({
        quantity: quantity,
        value: reading.value as MeterNumber,
        time: time,
        meter: meter === "" ? textOf(telegram, own + "96.1.1") : meter, // Belgium's
      });
    }
  }
  return found;
}

/** 24.2.1 in the Netherlands and Luxembourg; 24.2.3, gas that is not corrected for its temperature, in Belgium. */
function volumeOf(telegram: Telegram, own: string): MeterReading | null {
  const found = telegram.readings.filter(
    (reading) =>
      (reading.obis === own + "24.2.1" || reading.obis === own + "24.2.3") &&
      typeof reading.value !== "string" &&
      reading.time !== undefined,
  );
  return found.length === 0 ? null : found[0];
}

function textOf(telegram: Telegram, obis: string): string {
  const found = telegram.readings.filter((reading) => reading.obis === obis);
  const value = found.length === 0 ? "" : found[0].value;
  return typeof value === "string" ? value : "";
}

const hour = 3600000; // ms
const summerOffset = 2 * hour;
const winterOffset = hour;

/** `YYMMDDhhmmss` and S or W (§5.2.4, TST), in central European time; DSMR 2 and 3 send no letter. Null for what is no time. */
export function timeOf(text: string): number | null {
  const digits = text.substr(0, 12);
  const season = text.substr(12);
  if (
    digits.length !== 12 ||
    !/^[0-9]+$/.test(digits) ||
    (season !== "" && season !== "S" && season !== "W")
  ) {
    return null;
  }
  const part = (at: number): number => Number(digits.substr(at, 2));
  const month = part(2);
  const day = part(4);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(part(0), month) || part(6) > 23) {
    return null;
  }
  if (part(8) > 59 || part(10) > 59) {
    return null;
  }
  const days = daysSince1970(part(0), month, day);
  const local = ((days * 24 + part(6)) * 3600 + part(8) * 60 + part(10)) * 1000;
  const isSummer = season === "" ? isSummerTime(part(0), local) : season === "S";
  return local - (isSummer ? summerOffset : winterOffset);
}

/** Of the years 2000 to 2099, every fourth of which is a leap year. */
function daysIn(year: number, month: number): number {
  return month === 2
    ? year % 4 === 0
      ? 29
      : 28
    : month === 4 || month === 6 || month === 9 || month === 11
      ? 30
      : 31;
}

function daysSince1970(year: number, month: number, day: number): number {
  let days = 10957 + 365 * year + Math.floor((year + 3) / 4) + day - 1; // 2000-01-01 is day 10957
  for (let i = 1; i < month; i++) {
    days += daysIn(year, i);
  }
  return days;
}

/** From the last Sunday of March, 2 o'clock, to that of October, 3 o'clock (directive 2000/84/EC); the hour that comes twice counts as summer. */
function isSummerTime(year: number, local: number): boolean {
  const begin = (lastSunday(year, 3) * 24 + 2) * hour;
  const end = (lastSunday(year, 10) * 24 + 3) * hour;
  return local >= begin && local < end;
}

/** Day since 1970, which was a Thursday. */
function lastSunday(year: number, month: number): number {
  const last = daysSince1970(year, month, 31);
  return last - ((last + 4) % 7);
}

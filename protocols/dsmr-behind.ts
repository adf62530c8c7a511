import type { MeterNumber, MeterReading, Telegram } from "./meter.ts";
import type { QuantityName } from "./quantity.ts";

/** What a meter behind a P1 port last said: gas, water or heat, by its own time (P1 companion standard 5.0.2 §5.2.3, §6.12: M-Bus devices on channels 1 to 4). */
export interface BehindReading {
  readonly quantity: QuantityName;
  readonly value: MeterNumber;
  /** When it was taken, Unix ms. */
  readonly time: number;
  /** Its equipment identifier as sent, hexadecimal; empty where none is sent. */
  readonly meter: string;
}

const channelsMost = 4;
interface Kind {
  /** Device types (EN 13757-7 table 13). */
  readonly types: readonly number[];
  /** As the port sends it, and the power of ten of the quantity's unit that it is. */
  readonly unit: string;
  readonly exponent: number;
  readonly quantity: QuantityName;
}

/** What the table of quantities has a row for. Heat meters count gigajoules (§6.12), some of other countries kWh. Cold has no row. */
const kinds: readonly Kind[] = [
  { types: [0x03], unit: "m3", exponent: 0, quantity: "gasVolume" },
  { types: [0x06, 0x07, 0x15, 0x16], unit: "m3", exponent: 0, quantity: "waterVolume" },
  { types: [0x04, 0x0c, 0x0d], unit: "GJ", exponent: 9, quantity: "heatEnergyJoules" },
  { types: [0x04, 0x0c, 0x0d], unit: "MJ", exponent: 6, quantity: "heatEnergyJoules" },
  { types: [0x04, 0x0c, 0x0d], unit: "kWh", exponent: 3, quantity: "heatEnergy" },
  { types: [0x04, 0x0c, 0x0d], unit: "MWh", exponent: 6, quantity: "heatEnergy" },
];

/** The last readings of the meters behind this one. Those without a time, or of a kind that has no quantity here, are left out. */
export function readingsBehind(telegram: Telegram): readonly BehindReading[] {
  const found: BehindReading[] = [];
  for (let channel = 1; channel <= channelsMost; channel++) {
    const own = "0-" + channel + ":";
    const type = textOf(telegram, own + "24.1.0");
    const reading = countOf(telegram, own);
    const kind = type === "" || reading === null ? null : kindOf(Number(type), reading.unit);
    const time = reading === null || reading.time === undefined ? null : timeOf(reading.time);
    if (kind !== null && reading !== null && time !== null) {
      const value = reading.value as MeterNumber;
      const meter = textOf(telegram, own + "96.1.0");
      found.push({
        quantity: kind.quantity,
        value: { integer: value.integer, exponent: value.exponent + kind.exponent },
        time: time,
        meter: meter === "" ? textOf(telegram, own + "96.1.1") : meter, // Belgium's
      });
    }
  }
  return found;
}

/** 24.2.1 in the Netherlands and Luxembourg; 24.2.3, gas that is not corrected for its temperature, in Belgium. */
function countOf(telegram: Telegram, own: string): MeterReading | null {
  const found = telegram.readings.filter(
    (reading) =>
      (reading.obis === own + "24.2.1" || reading.obis === own + "24.2.3") &&
      typeof reading.value !== "string" &&
      reading.time !== undefined,
  );
  return found.length === 0 ? null : found[0];
}

function kindOf(type: number, unit: string | null): Kind | null {
  const found = kinds.filter((kind) => kind.unit === unit && kind.types.indexOf(type) >= 0);
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

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decimalText } from "./decimal.ts";
import { readingsBehind, timeOf } from "./dsmr-behind.ts";
import type { MeterReading, Telegram } from "./meter.ts";

function telegram(readings: readonly MeterReading[]): Telegram {
  return { offset: 0, meter: null, readings };
}

function text(obis: string, value: string): MeterReading {
  return { obis, value, unit: null };
}

function volume(obis: string, integer: number, time?: string): MeterReading {
  const reading = { obis, value: { integer, exponent: -3 }, unit: "m3" };
  return time === undefined ? reading : { ...reading, time };
}

describe("the meters behind a P1 port", () => {
  it("are told by their channel's type, with their own time and number", () => {
    const found = readingsBehind(
      telegram([
        text("0-1:24.1.0", "003"),
        text("0-1:96.1.0", "4730303339"),
        volume("0-1:24.2.1", 1_234_567, "260301120000W"),
        text("0-2:24.1.0", "007"),
        text("0-2:96.1.1", "5753"),
        volume("0-2:24.2.1", 86_100, "260301120500W"),
      ]),
    );
    expect(
      found.map(({ quantity, value, time, meter }) => [
        quantity,
        decimalText(value.integer, value.exponent),
        new Date(time).toISOString(),
        meter,
      ]),
    ).toEqual([
      ["gasVolume", "1234.567", "2026-03-01T11:00:00.000Z", "4730303339"],
      ["waterVolume", "86.100", "2026-03-01T11:05:00.000Z", "5753"],
    ]);
  });

  it("that count heat do so in joules where they send GJ or MJ, in Wh where they send kWh or MWh", () => {
    const told = (type: string, unit: string) =>
      readingsBehind(
        telegram([
          text("0-3:24.1.0", type),
          { obis: "0-3:24.2.1", value: { integer: 94_218, exponent: -3 }, unit, time: "260301120000W" },
        ]),
      ).map(({ quantity, value }) => `${quantity} ${decimalText(value.integer, value.exponent)}`);
    expect(told("012", "GJ")).toEqual(["heatEnergyJoules 94218000000"]);
    expect(told("004", "MJ")).toEqual(["heatEnergyJoules 94218000"]);
    expect(told("004", "kWh")).toEqual(["heatEnergy 94218"]);
    expect(told("013", "MWh")).toEqual(["heatEnergy 94218000"]);
    expect([...told("004", "m3"), ...told("003", "GJ"), ...told("010", "GJ")]).toEqual([]);
  });

  it("of Belgium have their gas under 24.2.3", () => {
    const found = readingsBehind(
      telegram([text("0-1:24.1.0", "003"), volume("0-1:24.2.3", 5, "260701120000S")]),
    );
    expect(found).toMatchObject([{ quantity: "gasVolume", time: Date.UTC(2026, 6, 1, 10), meter: "" }]);
  });

  it("without a time, a type or a volume are left out", () => {
    for (const readings of [
      [text("0-1:24.1.0", "003"), volume("0-1:24.2.1", 5)],
      [volume("0-1:24.2.1", 5, "260701120000S")],
      [text("0-1:24.1.0", ""), volume("0-1:24.2.1", 5, "260701120000S")],
      [text("0-1:24.1.0", "004"), volume("0-1:24.2.1", 5, "260701120000S")],
      [text("0-1:24.1.0", "003"), text("0-1:24.2.1", "x")],
      [text("0-1:24.1.0", "003"), volume("0-1:24.2.1", 5, "261301120000S")],
    ]) {
      expect(readingsBehind(telegram(readings))).toEqual([]);
    }
  });
});

describe("the time of a P1 reading", () => {
  const berlin = new Intl.DateTimeFormat("sv-SE", {
    timeZone: "Europe/Amsterdam",
    dateStyle: "short",
    timeStyle: "medium",
  });

  it("is that of the wall in Amsterdam, with its letter or without", () => {
    const least = Date.UTC(2000, 0, 2);
    const most = Date.UTC(2099, 11, 30);
    fc.assert(
      fc.property(fc.integer({ min: least / 1000, max: most / 1000 }), (seconds) => {
        const unix = seconds * 1000;
        const digits = berlin.format(unix).replace(/\D/g, "").slice(2);
        const read = [`${digits}S`, `${digits}W`].map(timeOf);
        expect(read).toContain(unix);
        const bare = timeOf(digits);
        expect(read).toContain(bare);
        // But for the hour that comes twice there is one answer.
        const isTwice =
          berlin.format(unix + 3_600_000).slice(11) === berlin.format(unix).slice(11) ||
          berlin.format(unix - 3_600_000).slice(11) === berlin.format(unix).slice(11);
        expect(isTwice ? unix : bare).toBe(unix);
      }),
      { numRuns: 2000 },
    );
  });

  it("is none for anything else", () => {
    for (const text of [
      "",
      "26030112000",
      "2603011200000",
      "260301120000X",
      "260230120000",
      "260301240000",
      "260301126000",
      "260301120060",
    ]) {
      expect(timeOf(text), text).toBeNull();
    }
    fc.assert(fc.property(fc.string(), (text) => timeOf(text) === null || /^\d{12}[SW]?$/.test(text)));
  });
});

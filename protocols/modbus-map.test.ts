import { describe, expect, it } from "vitest";
import { readingLine } from "../hil-tests/meters/decoded.ts";
import { fromHex } from "./bytes.ts";
import { type ModbusMap, readMap, serialOf, spansOf } from "./modbus-map.ts";
import { modbusMap, modbusMaps } from "./modbus-maps/index.ts";
import { planReads, type Span } from "./modbus-plan.ts";
import { registersOf } from "./modbus-register.ts";
import { quantities, quantityNames, widthFor } from "./quantity.ts";

const maps = modbusMaps.map((map): [string, ModbusMap] => [map.name, map]);

/** Looks registers up in a list of hexadecimal texts by address; what is not there was not read. */
function registers(list: Record<number, string>) {
  return ({ address, count }: Span) => {
    const bytes = list[address] === undefined ? null : fromHex(list[address]!);
    return bytes === null ? null : bytes.subarray(0, 2 * count);
  };
}

function read(name: string, list: Record<number, string>): string[] {
  return readMap(modbusMap(name)!, registers(list)).map((reading) => {
    const { obis, value, unit } = readingLine(reading);
    return `${obis} ${value} ${unit}`;
  });
}

describe("the maps of Modbus meters", () => {
  it("are at least the ten of the meters that German fitters buy, in the order of their names", () => {
    const names = modbusMaps.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(10);
    expect(names).toEqual([...names].sort());
    expect(modbusMap("toString")).toBeNull();
  });

  it.each(maps)("%s names where its addresses are from, twice at least", (_, map) => {
    expect(map.sources.length).toBeGreaterThan(1);
  });

  it.each(maps)("%s gives each quantity once, in a unit and steps that a device can send", (_, map) => {
    const rows = [...map.rows, ...map.optional];
    expect(new Set(rows.map(({ quantity }) => quantity)).size).toBe(rows.length);
    for (const { quantity, exponent } of rows) {
      expect(quantityNames).toContain(quantity);
      expect(quantities[quantity].obis).not.toBeNull();
      expect(widthFor(quantities[quantity], exponent)).not.toBeNull();
    }
  });

  it.each(maps)("%s has no two rows on one register", (_, map) => {
    const used = [...map.rows, ...map.optional].flatMap(({ address, type }) =>
      Array.from({ length: registersOf(type) }, (_, i) => address + i),
    );
    expect(new Set(used).size).toBe(used.length);
  });

  it.each(maps)("%s is read in at most seven requests within its limits", (_, map) => {
    const reads = planReads(spansOf(map, map.rows), map.limits);
    expect(reads.length).toBeLessThanOrEqual(7);
    expect(Math.max(...reads.map(({ count }) => count))).toBeLessThanOrEqual(map.limits.countMax);
  });

  it("has total energies and total power in every meter", () => {
    for (const { rows, optional } of modbusMaps) {
      const names = [...rows, ...optional].map(({ quantity }) => quantity);
      expect(names).toEqual(
        expect.arrayContaining(["activeEnergyImported", "activeEnergyExported", "activePower"]),
      );
    }
  });
});

describe("the registers of a meter", () => {
  it("are singles of kWh in an SDM120", () => {
    expect(read("sdm120", { 0: "436647ae", 72: "4537df4a" })).toEqual([
      "1-0:32.7.0*255 230.28 V",
      "1-0:1.8.0*255 2941955.6 Wh",
    ]);
  });

  it("are 64-bit counters of ten Wh in a B23, with marks for what is not there", () => {
    expect(
      read("abb-b23", {
        20480: "000000000004 7d2a",
        20484: "ffffffffffffffff",
        23296: "000008ff",
        23298: "ffffffff",
        23316: "fffffc18",
        23318: "7fffffff",
        23340: "1388",
      }),
    ).toEqual([
      "1-0:1.8.0*255 2941860 Wh",
      "1-0:32.7.0*255 230.3 V",
      "1-0:16.7.0*255 -10.00 W",
      "1-0:14.7.0*255 50.00 Hz",
    ]);
  });

  it("have their low word first in an EM340", () => {
    expect(read("em340", { 0: "08fd0000", 40: "fff6ffff", 52: "72ea0000", 78: "ffff7fff" })).toEqual([
      "1-0:32.7.0*255 230.1 V",
      "1-0:16.7.0*255 -1.0 W",
      "1-0:1.8.0*255 2941800 Wh",
    ]);
  });

  it("have a power of ten beside them in a Finder 7M", () => {
    expect(read("finder-7m24", { 401: "0001", 402: "fffe", 406: "00047d2a", 408: "00000019" })).toEqual([
      "1-0:1.8.0*255 2941860 Wh",
      "1-0:2.8.0*255 0.25 Wh",
    ]);
    expect(read("finder-7m24", { 401: "000b", 406: "00047d2a" })).toEqual([]);
  });

  it("are doubles in a PAC2200 and 64-bit Wh in an iEM3155, whose powers are in kW", () => {
    expect(read("pac2200", { 801: "41467142f3333333" })).toEqual(["1-0:1.8.0*255 2941573.9 Wh"]);
    expect(read("iem3155", { 3059: "be99999a", 3203: "00000000002ce336", 3207: "8000000000000000" })).toEqual(
      ["1-0:16.7.0*255 -300 W", "1-0:1.8.0*255 2941750 Wh"],
    );
  });

  it("hold the serial number as a number or as text", () => {
    expect(serialOf(modbusMap("sdm630")!, fromHex("00bc614e")!)).toBe("12345678");
    expect(serialOf(modbusMap("em340")!, fromHex("4b4c30313233343500000000 0000")!)).toBe("KL012345");
    expect(serialOf(modbusMap("umg96")!, fromHex("0000")!)).toBeNull();
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../hil-tests/programs.ts";
import { fromHex } from "./bytes.ts";
import { decimalText } from "./decimal.ts";
import { isFault } from "./fault.ts";
import type { Measurement } from "./meter.ts";
import { ruuvi } from "./ruuvi.ts";

function decode(bytes: Uint8Array) {
  const decoder = ruuvi.decoder();
  return [...decoder.push(bytes), ...decoder.end()][0]!;
}

const textOf = ({ value }: Measurement) =>
  value === null || typeof value === "string" ? value : decimalText(value.integer, value.exponent);

function read(hex: string): Record<string, string | null> | string {
  const result = decode(fromHex(hex)!);
  return isFault(result)
    ? result.fault
    : Object.fromEntries(result.measurements!.map((one) => [one.quantity, textOf(one)]));
}

describe("a Ruuvi advert", () => {
  it("of format 3 is read, with its own way to write a temperature below zero", () => {
    expect(read("03291a1ece1efc18f94202ca0b53")).toEqual({
      temperature: "26.30",
      humidity: "20.5",
      pressure: "102766",
      acceleration_x: "-1.000",
      acceleration_y: "-1.726",
      acceleration_z: "0.714",
      battery_voltage: "2.899",
    });
    expect(read("0329810500000000000000000000")).toMatchObject({ temperature: "-1.05" });
    expect(read("0329800000000000000000000000")).toMatchObject({ temperature: "0.00" });
  });

  it("of format 6 is read, with the lowest bits of VOC and NOX from its flags", () => {
    const advert = "06170c5668c79e007000c90501d900cd004c884f";
    expect(read(advert)).toEqual({
      temperature: "29.500",
      humidity: "55.3000",
      pressure: "101102",
      pm25: "11.2",
      co2: "201",
      voc_index: "10",
      nox_index: "2",
      illuminance: "13026.67",
      sequence: "205",
    });
    expect(read(advert.replace("cd00", "cdc0"))).toMatchObject({ voc_index: "11", nox_index: "3" });
    expect(decode(fromHex(advert)!)).toMatchObject({ meter: "4c884f" });
    expect(read("068000ffffffffffffffffffffff00ffffffffff")).toMatchObject({
      temperature: null,
      pm25: null,
      voc_index: null,
      illuminance: null,
    });
  });

  it("with more than 100 % of humidity is flagged, not hidden", () => {
    const result = decode(fromHex("0512fc9c41c37c0004fffc040cac364200cdcbb8334c884f")!);
    expect(isFault(result) ? null : result.measurements![1]).toEqual({
      quantity: "humidity",
      value: { integer: 1000025, exponent: -4 },
      unit: "%",
      quality: "out-of-range",
    });
  });

  it("of another format or length is a fault", () => {
    expect(read("02")).toBe("unsupported");
    expect(read("0512fc")).toBe("truncated");
    expect(read("03291a1ece1efc18f94202ca0b5300")).toBe("syntax");
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.constantFrom(3, 5, 6, 7),
        (bytes, format) => {
          bytes[0] = format;
          const isWhole = [14, 24, 20][[3, 5, 6].indexOf(format)] === bytes.length;
          expect(isFault(decode(bytes))).toBe(!isWhole);
        },
      ),
    );
  });
});

const meters = dataFolder("meters");

describe.skipIf(meters === null)("published Ruuvi adverts (skipped without meter data)", () => {
  it("give every value of the maker's own table", () => {
    const lines = readFileSync(join(meters!, "ruuvi.vectors.ndjson"), "utf8").split("\n").filter(Boolean);
    const names: Record<string, string> = {
      Temperature: "temperature",
      Pressure: "pressure",
      Humidity: "humidity",
      "Acceleration X": "acceleration_x",
      "Acceleration Y": "acceleration_y",
      "Acceleration Z": "acceleration_z",
      "TX Power": "tx_power",
      Voltage: "battery_voltage",
      "Movement counter": "movement_counter",
      "Measurement Sequence": "sequence",
    };
    for (const line of lines) {
      const { payload, expected } = JSON.parse(line) as { payload: string; expected: Record<string, string> };
      const found = read(payload) as Record<string, string | null>;
      for (const [theirs, ours] of Object.entries(names)) {
        const wanted = expected[theirs]!;
        const value = found[ours];
        expect(value === null ? Number.NaN : Number(value), theirs).toBe(Number.parseFloat(wanted));
      }
      const result = decode(fromHex(payload)!);
      const address = expected["MAC"] === "NAN" ? null : expected["MAC"]!.replaceAll(" ", "").toLowerCase();
      expect(isFault(result) ? "fault" : result.meter).toBe(address);
    }
  });
});

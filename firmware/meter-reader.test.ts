import { describe, expect, it } from "vitest";
import type { Integer } from "../protocols/decimal.ts";
import type { Fault } from "../protocols/fault.ts";
import type { MeterLanguage, MeterReading } from "../protocols/meter.ts";
import type { DriverColumn, DriverValues } from "./driver.ts";
import { MeterReader } from "./meter-reader.ts";

/** A language in which each push is one telegram. */
function reading(...telegrams: readonly MeterReading[][]) {
  const left = telegrams.map((readings) => [{ offset: 0, meter: "a", readings }]);
  const language: MeterLanguage = {
    name: "test",
    title: "",
    standard: "",
    line: { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 },
    decoder: () => ({ push: () => left.shift() ?? [], end: () => [] }),
  };
  const reader = new MeterReader(language);
  const measured: { columns: readonly DriverColumn[]; values: DriverValues }[] = [];
  const faults: Fault["fault"][] = [];
  for (const _telegram of telegrams) {
    reader.push(new Uint8Array(1), 0, {
      measured: (columns, values) => measured.push({ columns, values }),
      fault: (bad) => faults.push(bad.fault),
    });
  }
  return { measured, faults };
}

function register(obis: string, integer: Integer, exponent: number, unit: string | null): MeterReading {
  return { obis, value: { integer, exponent }, unit };
}

const energy = register("1-0:1.8.0*255", 29416461, -1, "Wh");
const power = register("1-0:16.7.0*255", 2345, -1, "W");

describe("a meter's telegrams", () => {
  it("become the quantities the table knows, in its order and the meter's own scalers", () => {
    const { measured } = reading([power, register("1-0:96.50.1*1", 1, 0, null), energy]);
    expect(measured).toEqual([
      {
        columns: [
          { quantity: "activeEnergyImported", exponent: -1 },
          { quantity: "activePower", exponent: -1 },
        ],
        values: [29416461, 2345],
      },
    ]);
  });

  it("that count in kilowatt hours and megawatt hours become watt hours, digit for digit", () => {
    const { measured } = reading(
      [register("1-0:1.8.0", 29416461, -4, "kWh"), register("1-0:16.7.0", -418, -3, "kW")],
      [register("1-0:1.8.0", 29055, -3, "MWh"), register("1-0:16.7.0", 5, 0, "kvar")],
    );
    expect(measured).toEqual([
      {
        columns: [
          { quantity: "activeEnergyImported", exponent: -1 },
          { quantity: "activePower", exponent: 0 },
        ],
        values: [29416461, -418],
      },
      {
        columns: [
          { quantity: "activeEnergyImported", exponent: 3 },
          { quantity: "activePower", exponent: 0 },
        ],
        values: [29055, null],
      },
    ]);
  });

  it("keep their columns while nothing new comes, and what is left out is missing", () => {
    const { measured } = reading([energy, power], [energy], [energy, power]);
    expect(measured[1].columns).toBe(measured[0].columns);
    expect(measured[1].values).toEqual([29416461, null]);
    expect(measured[2].columns).toBe(measured[0].columns);
  });

  it("make new columns when a scaler changes or a register appears", () => {
    const { measured } = reading([energy], [register("1-0:1.8.0*255", 2941646, 0, "Wh")], [energy, power]);
    expect(measured[1].columns).toEqual([{ quantity: "activeEnergyImported", exponent: 0 }]);
    expect(measured[2].columns.map(({ quantity }) => quantity)).toEqual([
      "activeEnergyImported",
      "activePower",
    ]);
  });

  it("keep registers of 64 bits exact", () => {
    const big = { high: 2 ** 30, low: 1 };
    expect(reading([register("1-0:1.8.0*255", big, -4, "Wh")]).measured[0].values).toEqual([big]);
  });

  it("are not believed where the unit is another than the quantity's", () => {
    const { measured, faults } = reading([register("1-0:1.8.0*255", 1, 0, "W")]);
    expect(measured).toEqual([]);
    expect(faults).toEqual(["content"]);
  });

  it("name a meter that keeps its detail back, once", () => {
    const locked = [register("1-0:1.8.0*255", 2941, 3, "Wh")];
    expect(reading(locked, locked, locked, locked, locked).faults).toEqual(["reduced-data"]);
    const zeros = [register("1-0:1.8.0*255", 29410000, -1, "Wh")];
    expect(reading(zeros, zeros, zeros).faults).toEqual(["reduced-data"]);
  });

  it("do not suspect a meter that shows power, or single watt-hours", () => {
    const whole = register("1-0:1.8.0*255", 2941, 3, "Wh");
    expect(reading([whole, power], [whole, power], [whole, power]).faults).toEqual([]);
    expect(reading([energy], [energy], [energy]).faults).toEqual([]);
  });
});

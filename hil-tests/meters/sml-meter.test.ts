import { describe, expect, it } from "vitest";
import { decimalText } from "../../protocols/decimal.ts";
import { isFault } from "../../protocols/fault.ts";
import type { Telegram } from "../../protocols/meter.ts";
import { SmlDecoder } from "../../protocols/sml.ts";
import { isReduced } from "../../protocols/sml-reduced.ts";
import { type MeterProfileName, meterProfiles } from "./profiles.ts";
import { type MeterOptions, SmlMeter } from "./sml-meter.ts";

const names = Object.keys(meterProfiles) as MeterProfileName[];

function meterOf(profile: MeterProfileName, more: Partial<MeterOptions> = {}): SmlMeter {
  return new SmlMeter({ profile, number: 17, seed: 3, ...more });
}

function read(meter: SmlMeter): Telegram {
  const [result] = new SmlDecoder({ correctSigns: true }).push(meter.telegram());
  if (result === undefined || isFault(result)) {
    throw new Error(`the meter's own telegram was refused: ${JSON.stringify(result)}`);
  }
  return result;
}

function value(telegram: Telegram, obis: string): number | null {
  const found = telegram.readings.find((reading) => reading.obis === obis);
  return found === undefined || typeof found.value === "string"
    ? null
    : Number(decimalText(found.value.integer, found.value.exponent));
}

describe.each(names)("a simulated %s meter", (name) => {
  it("pushes a telegram a second that says exactly what the meter knows", () => {
    const meter = meterOf(name, { solar: 4000 });
    for (let second = 0; second < 600; second++) {
      meter.step(1000);
      const telegram = read(meter);
      const { imported, exported, power, profile } = meter.state;
      const cut = (register: number, from: number, to: number) =>
        Math.trunc(register / 10 ** Math.max(0, to - from)) / 10 ** -Math.max(from, to);
      expect(value(telegram, "1-0:1.8.0*255")).toBeCloseTo(cut(imported, -5, profile.energy.scaler), 6);
      expect(value(telegram, "1-0:2.8.0*255")).toBeCloseTo(cut(exported, -5, profile.energy.scaler), 6);
      expect(value(telegram, "1-0:16.7.0*255")).toBeCloseTo(cut(power, -2, profile.power.scaler), 6);
    }
  });

  it("without its PIN keeps to whole kilowatt hours and no power", () => {
    const locked = read(meterOf(name, { locked: true, imported: 25_892_776.1 }));
    expect(isReduced(locked)).toBe(true);
    expect(value(locked, "1-0:1.8.0*255")).toBe(25_892_000);
    expect(isReduced(read(meterOf(name)))).toBe(false);
  });
});

describe("a simulated meter", () => {
  it("integrates its power exactly, in steps of any length", () => {
    const one = meterOf("ebz", { solar: 4000, startOfDay: 8 * 3600 });
    const other = meterOf("ebz", { solar: 4000, startOfDay: 8 * 3600 });
    const begin = one.state;
    let fed = 0;
    let drawn = 0;
    for (let second = 0; second < 7200; second++) {
      const { power } = one.state;
      drawn += Math.max(power, 0) * 1000;
      fed += Math.max(-power, 0) * 1000;
      one.step(1000);
    }
    for (let left = 7_200_000, step = 1; left > 0; left -= step, step = 1 + ((step * 7) % 2311)) {
      other.step(Math.min(step, left));
    }
    expect(other.state).toEqual(one.state);
    expect(fed).toBeGreaterThan(0);
    expect(one.state.imported - begin.imported).toBe(Math.floor(drawn / 3600));
    expect(one.state.exported - begin.exported).toBe(Math.floor(fed / 3600));
  });

  it("lives the same day again with the same seed, and another with another", () => {
    const day = (seed: number) => {
      const meter = new SmlMeter({ profile: "emh", number: 1, seed });
      meter.step(3_600_000);
      return meter.state;
    };
    expect(day(5)).toEqual(day(5));
    expect(day(5).imported).not.toBe(day(6).imported);
  });

  it("draws what a household draws", () => {
    for (let number = 0; number < 6; number++) {
      const meter = new SmlMeter({ profile: "emh", number, seed: 1 });
      const before = meter.state.imported;
      meter.step(24 * 3_600_000);
      const kilowattHours = (meter.state.imported - before) / 1e8;
      expect(kilowattHours).toBeGreaterThan(3);
      expect(kilowattHours).toBeLessThan(80);
    }
  });

  it("gives phases that add up to the total", () => {
    const meter = meterOf("ebz", { solar: 4000 });
    meter.step(60_000);
    const telegram = read(meter);
    const phases = ["36", "56", "76"].map((group) => value(telegram, `1-0:${group}.7.0*255`)!);
    expect(phases[0]! + phases[1]! + phases[2]!).toBeCloseTo(value(telegram, "1-0:16.7.0*255")!, 6);
  });
});

import { describe, expect, it } from "vitest";
import { parseDecimal } from "./decimal.ts";
import type { Telegram } from "./meter.ts";
import { isReduced } from "./sml-reduced.ts";

function telegram(...readings: [obis: string, value: string, exponent: number, unit: string][]): Telegram {
  return {
    offset: 0,
    meter: "0a01",
    readings: readings.map(([obis, digits, exponent, unit]) => ({
      obis,
      value: { integer: parseDecimal(digits)!.integer, exponent },
      unit,
    })),
  };
}

describe("the reduced data set of a meter without its PIN", () => {
  it("is known by whole kilowatt hours and no power", () => {
    expect(isReduced(telegram(["1-0:1.8.0*255", "25688", 3, "Wh"]))).toBe(true);
    expect(
      isReduced(telegram(["1-0:1.8.0*255", "256880000", -1, "Wh"], ["1-0:2.8.0*255", "0", -1, "Wh"])),
    ).toBe(true);
    expect(isReduced(telegram(["1-0:1.8.0*255", "0", 3, "Wh"]))).toBe(true);
  });

  it("is not what a meter with power or finer steps sends", () => {
    expect(isReduced(telegram(["1-0:1.8.0*255", "258927761", -1, "Wh"]))).toBe(false);
    expect(isReduced(telegram(["1-0:1.8.0*255", "25688", 3, "Wh"], ["1-0:16.7.0*255", "12", 0, "W"]))).toBe(
      false,
    );
  });

  it("is not said of a new meter that has counted nothing, nor of one without counters", () => {
    expect(isReduced(telegram(["1-0:1.8.0*255", "0", -1, "Wh"]))).toBe(false);
    expect(isReduced(telegram())).toBe(false);
  });
});

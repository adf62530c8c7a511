import { describe, expect, it } from "vitest";
import { grown, valuesIn } from "./columns.ts";
import type { DriverColumn } from "./driver.ts";

const warm: DriverColumn = { quantity: "temperature", exponent: -1 };
const warmer: DriverColumn = { quantity: "temperature", exponent: -2 };
const damp: DriverColumn = { quantity: "relativeHumidity", exponent: 0 };

describe("the columns of a sensor that does not tell everything each time", () => {
  it("are the same array while nothing is new, so that no new shape is made", () => {
    const before = grown([], [damp, warm]);
    expect(grown(before, [warm])).toBe(before);
    expect(grown(before, [])).toBe(before);
  });

  it("are the same whichever quantity came first", () => {
    expect(grown(grown([], [warm]), [damp])).toEqual(grown(grown([], [damp]), [warm]));
  });

  it("take another exponent in the place of the one before", () => {
    expect(grown(grown([], [warm, damp]), [warmer])).toEqual(grown([], [warmer, damp]));
  });

  it("have null where the sensor says nothing, or that it has no value", () => {
    const said = [{ column: damp, value: null }];
    expect(valuesIn([warm, damp], said)).toEqual([null, null]);
    expect(valuesIn([damp], [{ column: damp, value: { integer: 41, exponent: 0 } }])).toEqual([41]);
  });
});

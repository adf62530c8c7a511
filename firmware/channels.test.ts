import { describe, expect, it } from "vitest";
import { askedChannels, columnsNamed, electricityChannels, mbusChannels, tooFine } from "./channels.ts";

describe("the columns of a meter at a board", () => {
  it("are the usual ones of its language where nobody names any, energy in ten-thousandths of a Wh", () => {
    expect(columnsNamed(electricityChannels, undefined)).toEqual([
      { quantity: "activeEnergyImported", exponent: -4 },
      { quantity: "activePower", exponent: -2 },
    ]);
    expect(columnsNamed(askedChannels, undefined)).toHaveLength(1);
    expect(columnsNamed(mbusChannels, undefined)).toEqual([]);
  });

  it("are those that are named, with their decimals, in the order of the quantity table", () => {
    const named = [{ quantity: "voltageL1" }, { quantity: "activeEnergyExported", decimals: 1 }] as const;
    expect(columnsNamed(electricityChannels, named)).toEqual([
      { quantity: "activeEnergyExported", exponent: -1 },
      { quantity: "voltageL1", exponent: -1 },
    ]);
  });

  it("are refused where a pack has no room for their decimals", () => {
    expect(tooFine(columnsNamed(electricityChannels, undefined))).toBeNull();
    expect(tooFine([{ quantity: "activePower", exponent: -5 }])?.quantity).toBe("activePower");
  });
});

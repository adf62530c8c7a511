import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dlmsUnit, dlmsUnitCode, obisBytes, obisText, quantityOfObis } from "./obis.ts";

describe("OBIS codes", () => {
  it("go from six bytes to text and back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        expect(obisBytes(obisText(bytes, 0))).toEqual(bytes);
      }),
    );
    expect(obisText(new Uint8Array([0, 1, 0, 1, 8, 0, 255]), 1)).toBe("1-0:1.8.0*255");
    expect(obisBytes("1-0:16.7.0")).toEqual(new Uint8Array([1, 0, 16, 7, 0, 255]));
    for (const text of ["", "1.8.0", "1-0:1.8.256", "1-0:1.8.0*", "x-0:1.8.0"]) {
      expect(obisBytes(text), text).toBeNull();
    }
  });

  it("name a quantity of the table, in a meter's long form and in D0's short one", () => {
    expect(quantityOfObis("1-0:1.8.0*255")).toBe("activeEnergyImported");
    expect(quantityOfObis("1-0:1.8.0")).toBe("activeEnergyImported");
    expect(quantityOfObis("16.7.0")).toBe("activePower");
    expect(quantityOfObis("1-0:96.1.0*255")).toBeNull();
  });

  it("name no quantity when they stand for a value of the past", () => {
    expect(quantityOfObis("1-0:1.8.0*96")).toBeNull();
    expect(quantityOfObis("1.8.0*01")).toBeNull();
  });

  it("come with a unit for the codes meters use, and with none for the rest", () => {
    expect([27, 30, 33, 35, 8, 44].map(dlmsUnit)).toEqual(["W", "Wh", "A", "V", "deg", "Hz"]);
    expect([0, 10, 58, 254, 255].map(dlmsUnit)).toEqual([null, null, null, null, null]);
    expect([dlmsUnitCode("Wh"), dlmsUnitCode("furlong")]).toEqual([30, 255]);
  });
});

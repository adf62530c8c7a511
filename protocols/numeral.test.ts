import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addNumerals, compareNumerals, isNumeral } from "./numeral.ts";

/** Any numeral with the fraction it stands for, in units of 10^-30. */
const numeral = fc
  .record({
    negative: fc.boolean(),
    whole: fc.bigInt({ min: 0n, max: 10n ** 20n }),
    decimals: fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 12 }),
    exponent: fc.option(fc.integer({ min: -9, max: 9 })),
  })
  .map(({ negative, whole, decimals, exponent }) => {
    const power = exponent === null ? "" : `e${exponent}`;
    const size = BigInt(whole + decimals) * 10n ** BigInt(30 + (exponent ?? 0) - decimals.length);
    return {
      text: `${negative ? "-" : ""}${whole}${decimals === "" ? "" : `.${decimals}`}${power}`,
      value: negative ? -size : size,
    };
  });

function parsed(text: string): bigint {
  const [whole, decimals = ""] = text.replace("-", "").split(".");
  const size = BigInt(whole + decimals) * 10n ** BigInt(30 - decimals.length);
  return text.startsWith("-") ? -size : size;
}

describe("numerals", () => {
  it("are added without losing a digit", () => {
    fc.assert(
      fc.property(numeral, numeral, (a, b) => {
        const sum = addNumerals(a.text, b.text)!;
        expect(isNumeral(sum), sum).toBe(true);
        expect(parsed(sum)).toBe(a.value + b.value);
      }),
      { numRuns: 3000 },
    );
  });

  it("are compared as the numbers they stand for", () => {
    fc.assert(
      fc.property(numeral, fc.oneof(numeral, fc.constant(null)), (a, other) => {
        const b = other ?? { text: addNumerals(a.text, "0.00")!, value: a.value };
        const order = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
        expect(Math.sign(compareNumerals(a.text, b.text))).toBe(order);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ["1276020076.001", "-5", "1276020071.001"],
    ["1.320067464e+09", "10", "1320067474"],
    ["0.1", "0.2", "0.3"],
    ["-0", "0", "0"],
    ["1", "-1.00", "0.00"],
    ["9999", "1", "10000"],
    ["-0.05", "0.01", "-0.04"],
    ["18446744073709551616", "1", "18446744073709551617"],
  ])("%s and %s make %s", (a, b, sum) => {
    expect(addNumerals(a, b)).toBe(sum);
  });

  it("have no sum that takes more than 64 characters", () => {
    expect(addNumerals("1e300", "1")).toBeNull();
    expect(addNumerals("1", "1e-300")).toBeNull();
    expect(addNumerals("9".repeat(64), "1")).toBeNull();
    expect(addNumerals("1e300", "-1e300")).toBe("0");
    expect(Math.sign(compareNumerals("1e300", "1e-300"))).toBe(1);
  });

  it("are what RFC 8259 calls a number, of bounded length and size, and nothing else", () => {
    for (const text of ["0", "-0", "10", "1.50", "1e5", "1E+5", "0.14e1", "-1e-400"]) {
      expect(isNumeral(text), text).toBe(true);
    }
    const others = [
      "",
      "-",
      "01",
      "+1",
      ".5",
      "5.",
      "1e",
      "0x1",
      "1e401",
      "NaN",
      "Infinity",
      " 1",
      "1\n",
      "1".repeat(65),
    ];
    for (const text of others) {
      expect(isNumeral(text), text).toBe(false);
    }
  });
});

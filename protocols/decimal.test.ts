import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decimalText,
  difference,
  fromWords,
  type Integer,
  inSteps,
  integerText,
  parseDecimal,
  sum,
  toWords,
} from "./decimal.ts";

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
  fc.constantFrom(
    0n,
    1n,
    -1n,
    2n ** 53n,
    -(2n ** 53n),
    2n ** 53n - 1n,
    1n - 2n ** 53n,
    -(2n ** 63n),
    2n ** 64n - 1n,
    2n ** 32n,
  ),
);

/** The reference: what BigInt says. */
function integer(value: bigint): Integer {
  return fromWords(Number(value >> 32n), Number(value & 0xffffffffn));
}
function big(value: Integer): bigint {
  return typeof value === "number" ? BigInt(value) : (BigInt(value.high) << 32n) + BigInt(value.low);
}
function referenceText(value: bigint, exponent: number): string {
  if (exponent >= 0) {
    return value === 0n ? "0" : String(value) + "0".repeat(exponent);
  }
  const digits = String(value < 0n ? -value : value).padStart(1 - exponent, "0");
  return (value < 0n ? "-" : "") + digits.slice(0, exponent) + "." + digits.slice(exponent);
}

describe("decimals", () => {
  it("become whole steps of any size, what is finer cut off", () => {
    const step = fc.integer({ min: -9, max: 9 });
    fc.assert(
      fc.property(int64, step, step, (value, exponent, wanted) => {
        const finer = 10n ** BigInt(Math.abs(exponent - wanted));
        const steps = exponent >= wanted ? value * finer : value / finer;
        const found = inSteps({ integer: integer(value), exponent }, wanted);
        expect(found === null ? null : big(found)).toBe(
          steps < -(2n ** 63n) || steps >= 2n ** 64n ? null : steps,
        );
      }),
    );
  });

  it("carry every 64-bit integer exactly into text and back", () => {
    fc.assert(
      fc.property(int64, fc.integer({ min: -9, max: 9 }), (value, exponent) => {
        expect(integerText(integer(value))).toBe(String(value));
        expect(decimalText(integer(value), exponent)).toBe(referenceText(value, exponent));
        const parsed = parseDecimal(decimalText(integer(value), exponent > 0 ? 0 : exponent));
        expect(parsed).not.toBeNull();
        expect(big(parsed!.integer)).toBe(value);
      }),
      { numRuns: 5000 },
    );
  });

  it("are plain numbers exactly where a double holds them", () => {
    fc.assert(
      fc.property(int64, (value) => {
        const safe = value >= -(2n ** 53n - 1n) && value <= 2n ** 53n - 1n;
        expect(typeof integer(value) === "number").toBe(safe);
        const words = toWords(integer(value));
        expect((BigInt(words.high) << 32n) + BigInt(words.low)).toBe(value);
      }),
      { numRuns: 5000 },
    );
  });

  it("subtract and add without rounding, or say that they cannot", () => {
    fc.assert(
      fc.property(int64, int64, fc.maxSafeInteger(), (a, b, n) => {
        const exact = a - b;
        const got = difference(integer(a), integer(b));
        if (got === null) {
          expect(exact > 2n ** 53n - 1n || exact < -(2n ** 53n - 1n)).toBe(true);
        } else {
          expect(BigInt(got)).toBe(exact);
        }
        const total = sum(integer(a), n);
        if (total === null) {
          expect(a + BigInt(n) < -(2n ** 63n) || a + BigInt(n) >= 2n ** 64n).toBe(true);
        } else {
          expect(big(total)).toBe(a + BigInt(n));
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("write zero without a sign and a positive exponent as zeros", () => {
    expect(decimalText(0, 3)).toBe("0");
    expect(decimalText(-0, -2)).toBe("0.00");
    expect(decimalText(2043, 3)).toBe("2043000");
    expect(decimalText(29416461614, -4)).toBe("2941646.1614");
    expect(decimalText(-5, -2)).toBe("-0.05");
  });

  it("refuse text that is no plain decimal or needs more than 64 bits", () => {
    for (const text of [
      "",
      "-",
      ".5",
      "5.",
      "1e3",
      "+1",
      " 1",
      "0x10",
      "18446744073709551616",
      "-9223372036854775809",
      "1,5",
    ]) {
      expect(parseDecimal(text), text).toBeNull();
    }
    expect(parseDecimal("-0.0")).toEqual({ integer: 0, exponent: -1 });
  });
});

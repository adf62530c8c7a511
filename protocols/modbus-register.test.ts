import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "./bytes.ts";
import { decimalText, fromWords, type Integer, integerText } from "./decimal.ts";
import {
  inOrder,
  numberOf,
  type RegisterType,
  registerBytes,
  registersOf,
  textOf,
  type WordOrder,
} from "./modbus-register.ts";

const orders: readonly WordOrder[] = ["high-first", "low-first"];

function read(hex: string, type: RegisterType, words: WordOrder = "high-first"): string | null {
  const number = numberOf(inOrder(fromHex(hex)!, 0, type, words), type);
  return number === null ? null : decimalText(number.integer, number.exponent);
}

function integer(value: bigint): Integer {
  return fromWords(Number(value >> 32n), Number(value & 0xffffffffn));
}

const ranges = {
  u16: [0n, 2n ** 16n - 1n],
  s16: [-(2n ** 15n), 2n ** 15n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  s32: [-(2n ** 31n), 2n ** 31n - 1n],
  u64: [0n, 2n ** 64n - 1n],
  s64: [-(2n ** 63n), 2n ** 63n - 1n],
  bcd32: [0n, 99_999_999n],
  bcd64: [0n, 9_999_999_999_999_999n],
} as const;

type WholeType = keyof typeof ranges;
const wholeTypes = Object.keys(ranges) as WholeType[];

describe("a number in registers", () => {
  it.each([
    ["u16", "ffff", "65535"],
    ["s16", "fffe", "-2"],
    ["u32", "ffffffff", "4294967295"],
    ["s32", "80000000", "-2147483648"],
    ["u64", "ffffffffffffffff", "18446744073709551615"],
    ["s64", "8000000000000000", "-9223372036854775808"],
    ["s64", "fffffffffffffff6", "-10"],
    ["bcd32", "12345678", "12345678"],
    ["bcd64", "9999999999999999", "9999999999999999"],
    ["float32", "436647ae", "230.28"],
    ["float32", "3a83126f", "0.001"],
    ["float32", "80000000", "0"],
    ["float64", "4146716714a8c155", "2941646.1614"],
    ["float64", "c08f400000000000", "-1000"],
    ["float64", "0000000000000000", "0"],
    ["float64", "0000000000000001", "0"],
    ["float64", "3e112e0be826d696", "0.000000001"],
  ] as const)("of type %s, %s, is %s", (type, hex, text) => {
    expect(read(hex, type)).toBe(text);
  });

  it("is none where a float is none, beyond what a decimal holds, or letters stand in BCD", () => {
    expect(read("7fc00000", "float32")).toBeNull();
    expect(read("ff800000", "float32")).toBeNull();
    expect(read("7ff8000000000000", "float64")).toBeNull();
    expect(read("7fefffffffffffff", "float64")).toBeNull();
    expect(read("123a5678", "bcd32")).toBeNull();
  });

  it("is read in the word order of its maker", () => {
    expect(read("0898 0000", "s32", "low-first")).toBe("2200");
    expect(read("0000 0898", "s32", "high-first")).toBe("2200");
    expect(read("c155 14a8 7167 4146", "float64", "low-first")).toBe("2941646.1614");
  });

  it("comes back from its registers, whatever the type and order", () => {
    const whole = fc
      .constantFrom(...wholeTypes)
      .chain((type) =>
        fc.tuple(fc.constant(type), fc.bigInt({ min: ranges[type][0], max: ranges[type][1] })),
      );
    fc.assert(
      fc.property(whole, fc.constantFrom(...orders), ([type, value], words) => {
        const bytes = registerBytes({ integer: integer(value), exponent: 0 }, type, words)!;
        expect(bytes).toHaveLength(2 * registersOf(type));
        expect(integerText(numberOf(inOrder(bytes, 0, type, words), type)!.integer)).toBe(String(value));
      }),
      { numRuns: 2000 },
    );
  });

  it("is refused by registers that cannot hold it", () => {
    for (const type of wholeTypes) {
      const [least, most] = ranges[type];
      for (const value of [least - 1n, most + 1n].filter((x) => x >= -(2n ** 63n) && x < 2n ** 64n)) {
        expect(registerBytes({ integer: integer(value), exponent: 0 }, type, "high-first"), type).toBeNull();
      }
    }
    expect(registerBytes({ integer: 15, exponent: -1 }, "u16", "high-first")).toBeNull();
  });

  it("is, of a float, the shortest decimal that reads back as the same one", () => {
    const float = (type: "float32" | "float64", value: number) => {
      const bytes = type === "float32" ? new Float32Array([value]).buffer : new Float64Array([value]).buffer;
      return toHex(new Uint8Array(bytes).reverse());
    };
    const inReach = (x: number) => x === 0 || (Math.abs(x) > 0.1 && Math.abs(x) < 1e15);
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }).filter(inReach), (value) => {
        expect(Math.fround(Number(read(float("float32", value), "float32")))).toBe(value + 0);
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }).filter(inReach), (value) => {
        expect(Number(read(float("float64", value), "float64"))).toBe(value + 0);
      }),
    );
  });
});

describe("a text in registers", () => {
  it("ends at its first zero and loses its blanks", () => {
    expect(textOf(fromHex("42 54 30 31 20 00 ff")!)).toBe("BT01");
  });

  it("is none where nothing stands, or what cannot be printed", () => {
    expect(textOf(fromHex("0000")!)).toBeNull();
    expect(textOf(fromHex("2020")!)).toBeNull();
    expect(textOf(fromHex("42ff")!)).toBeNull();
  });
});

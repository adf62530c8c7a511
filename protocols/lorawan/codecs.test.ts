import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../bytes.ts";
import { decimalText } from "../decimal.ts";
import type { Measurement } from "../meter.ts";
import { lorawanCodec, lorawanCodecs } from "./index.ts";

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(" ", "")) ?? new Uint8Array(0);
}

function textOf({ value }: Measurement): string | null {
  return value === null || typeof value === "string" ? value : decimalText(value.integer, value.exponent);
}

describe.each(lorawanCodecs.map((codec) => [codec.name, codec] as const))("%s", (name, codec) => {
  it.each(codec.examples.map((example) => [example.title, example] as const))(
    "reads %s",
    (_title, example) => {
      const { measurements, fault } = codec.decode(example.port, bytesOf(example.hex));
      const values = Object.fromEntries(measurements.map((each) => [each.quantity, textOf(each)]));
      expect(values).toEqual(example.values);
      expect(fault?.fault).toBe(example.fault);
    },
  );

  it("reads every beginning of its examples without an exception, and no value that the whole has not", () => {
    for (const { port, hex } of codec.examples) {
      const bytes = bytesOf(hex);
      const whole = new Map(
        codec.decode(port, bytes).measurements.map((each) => [each.quantity, textOf(each)]),
      );
      for (let length = 0; length < bytes.length; length++) {
        for (const each of codec.decode(port, bytes.subarray(0, length)).measurements) {
          expect(textOf(each)).toBe(whole.get(each.quantity));
        }
      }
    }
  });

  it("takes any bytes on any port", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 242 }), (port, bytes) => {
        const { measurements } = codec.decode(port, bytes);
        return measurements.length <= 242 && measurements.every((each) => textOf(each) !== "NaN");
      }),
      { numRuns: 5000 },
    );
  });

  it("is found by its name", () => {
    expect(lorawanCodec(name)).toBe(codec);
  });
});

it("no other name is a codec", () => {
  expect(lorawanCodec("constructor")).toBeNull();
});

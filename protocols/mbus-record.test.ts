import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromHex } from "./bytes.ts";
import { decimalText } from "./decimal.ts";
import { isFault } from "./fault.ts";
import { decimalOfFloat32 } from "./float32.ts";
import { moreFollow, readRecords } from "./mbus-record.ts";
import { type RecordData, type RecordToWrite, writeRecord } from "./mbus-write.ts";
import type { DataRecord } from "./meter.ts";

function read(hex: string): readonly DataRecord[] {
  const bytes = fromHex(hex)!;
  const records = readRecords(bytes, 0, bytes.length);
  if (isFault(records)) {
    throw new Error(records.detail);
  }
  return records;
}

function text({ value }: DataRecord): string | null {
  return value === null || typeof value === "string" ? value : decimalText(value.integer, value.exponent);
}

function refused(hex: string) {
  const bytes = fromHex(hex)!;
  const records = readRecords(bytes, 0, bytes.length);
  return isFault(records) ? records.fault : records;
}

describe("a data record", () => {
  it.each([
    ["an 8-bit integer is signed", "01fd0880", "-128", "access-number", null],
    ["a 24-bit one too", "03fd59beffff", "-0.066", "current", "A"],
    ["and a 64-bit one keeps every digit", "0703ffffffffffffff7f", "9223372036854775807", "energy", "Wh"],
    ["BCD keeps its decimals", "0a5a0502", "20.5", "flow-temperature", "degC"],
    ["a BCD that begins with F is negative", "0b3b0100f0", "-0.001", "flow", "m3/h"],
    ["other letters in BCD are no value", "0c13ffffffff", null, "volume", "m3"],
    ["a float is the shortest decimal that means it", "05fdc9ff01c7dd6743", "231.86632", "voltage", "V"],
    ["a float counts in its unit", "053b8400353f", "0.0007070391", "flow", "m3/h"],
    ["a float's zero is 0", "053b00000000", "0", "flow", "m3/h"],
    ["a float that is no number is no value", "053b0000c0ff", null, "flow", "m3/h"],
    ["days become seconds", "0227370d", "292291200", "operating-time", "s"],
    ["cubic metres a minute become those of an hour", "02450100", "0.60", "flow", "m3/h"],
    ["a date", "026c8c11", "2012-01-12", "date", null],
    ["a date of the last century", "026c5fc3", "1998-03-31", "date", null],
    ["a date that no calendar has", "026cffff", null, "date", null],
    ["a date and time", "046d0b0bcd13", "2014-03-13T11:11:00", "date-time", null],
    ["a date and time marked invalid", "046da115e917", null, "date-time", null],
    ["a date and time to the second", "066d03260de12b00", "2023-11-01T13:38:03", "date-time", null],
    ["text stands backwards", "0dfd0b053132484657", "WFH21", "parameter-set", null],
    ["BCD of variable length", "0d13c3020199", "990.102", "volume", "m3"],
    ["negative BCD of variable length", "0d13d20201", "-0.102", "volume", "m3"],
    ["a binary of variable length", "0d13e2ffff", "-0.001", "volume", "m3"],
    ["a unit in plain text, with a factor", "02fc0348522574d411", "45.64", "text:%RH", null],
    ["a factor of a thousand", "02937d0100", "1", "volume", "m3"],
    ["a manufacturer's code stays bytes", "05ff0a3e76433f", "3e76433f", "manufacturer", null],
    ["a code that no table knows is a number without a unit", "02fb2d8813", "5000", "ext-fb-2d", null],
    ["a selection has no data", "0813", null, "volume", "m3"],
  ])("%s", (_name, hex, value, quantity, unit) => {
    const [record] = read(hex);
    expect({ value: text(record!), quantity: record!.quantity, unit: record!.unit }).toEqual({
      value,
      quantity,
      unit,
    });
  });

  it("names its storage, tariff and subunit, up to forty-one bits of storage", () => {
    const [record] = read("84904003ae1e0000");
    expect(record).toMatchObject({ header: "84904003", storage: 0, tariff: 1, subunit: 2, raw: "ae1e0000" });
    expect(read("c1" + "8f".repeat(9) + "0f" + "1301")[0]!.storage).toBe(2 ** 41 - 1);
  });

  it("does not take a manufacturer's extension for a factor", () => {
    expect(text(read("02" + "93ff74" + "0100")[0]!)).toBe("0.001");
    expect(text(read("02" + "9374" + "0100")[0]!)).toBe("0.00001");
    expect(text(read("02" + "937d" + "0100")[0]!)).toBe("1");
  });

  it("is not read when anything of it is missing or reserved", () => {
    expect(refused("0413010203")).toBe("truncated");
    expect(refused("84")).toBe("truncated");
    expect(refused("04")).toBe("truncated");
    expect(refused("04fd")).toBe("truncated");
    expect(refused("0d13")).toBe("truncated");
    expect(refused("0d13bf00")).toBe("truncated");
    expect(refused("047cff20")).toBe("truncated");
    expect(refused("3f00")).toBe("syntax");
    expect(refused("0d13ff")).toBe("syntax");
    expect(refused("0d13ca")).toBe("syntax");
    expect(refused("81" + "80".repeat(10) + "001301")).toBe("limit");
    expect(refused("01" + "93" + "80".repeat(10) + "0001")).toBe("limit");
  });

  it("is followed by the manufacturer's bytes to the end, which may say that more records follow", () => {
    const records = read("2f2f0413010000002f1f0102");
    expect(records.map(({ header, raw, quantity }) => ({ header, raw, quantity }))).toEqual([
      { header: "0413", raw: "01000000", quantity: "volume" },
      { header: "1f", raw: "0102", quantity: "more" },
    ]);
    expect(moreFollow(records)).toBe(true);
    expect(moreFollow(read("0f0102"))).toBe(false);
  });
});

const functions = ["instantaneous", "maximum", "minimum", "error"] as const;
const bytes = fc.constantFrom(1, 2, 3, 4, 6, 8) as fc.Arbitrary<1 | 2 | 3 | 4 | 6 | 8>;
const integerData = bytes.chain((length) => {
  const most = Math.min(2 ** (8 * length - 1) - 1, Number.MAX_SAFE_INTEGER);
  return fc
    .integer({ min: -most, max: most })
    .map((value): RecordData => ({ coding: "integer", bytes: length, value }));
});
const bcdData = (fc.constantFrom(1, 2, 3, 4, 6) as fc.Arbitrary<1 | 2 | 3 | 4 | 6>).chain((length) =>
  fc
    .integer({ min: -(10 ** (2 * length - 1) - 1), max: 10 ** (2 * length) - 1 })
    .map((value): RecordData => ({ coding: "bcd", bytes: length, value })),
);
const record = fc.record({
  function: fc.constantFrom(...functions),
  storage: fc.nat(2 ** 31 - 1),
  tariff: fc.nat(2 ** 20 - 1),
  subunit: fc.nat(2 ** 10 - 1),
  vib: fc.constant([0x6e]),
  data: fc.oneof(integerData, bcdData),
}) as fc.Arbitrary<RecordToWrite>;

describe("records written and read again", () => {
  it("are the same", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), (wanted) => {
        const written = concat(wanted.map(writeRecord));
        const found = readRecords(written, 0, written.length);
        expect(isFault(found)).toBe(false);
        expect(
          (found as DataRecord[]).map((one) => [
            one.function,
            one.storage,
            one.tariff,
            one.subunit,
            text(one),
          ]),
        ).toEqual(
          wanted.map((one) => [
            one.function,
            one.storage,
            one.tariff,
            one.subunit,
            String((one.data as { value: number }).value + 0),
          ]),
        );
      }),
    );
  });

  it("keep dates and texts", () => {
    const whole = { function: "instantaneous", storage: 0, tariff: 0, subunit: 0 } as const;
    const written = concat([
      writeRecord({ ...whole, vib: [0x6c], data: { coding: "date", year: 2079, month: 12, day: 31 } }),
      writeRecord({
        ...whole,
        vib: [0x6d],
        data: { coding: "date-time", year: 2024, month: 2, day: 29, hour: 23, minute: 59 },
      }),
      writeRecord({ ...whole, vib: [0xfd, 0x11], data: { coding: "text", value: "Zähler 7" } }),
      writeRecord({ ...whole, vib: [0x5b], data: { coding: "float", value: 21.5 } }),
      writeRecord({ ...whole, vib: [0x13], data: { coding: "bcd", bytes: 4, value: null } }),
    ]);
    const found = readRecords(written, 0, written.length) as DataRecord[];
    expect(found.map(text)).toEqual(["2079-12-31", "2024-02-29T23:59:00", "Zähler 7", "21.5", null]);
  });
});

describe("whatever bytes come", () => {
  it("gives records or a fault, and every byte of a record is in its header or raw data", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), (input) => {
        const found = readRecords(input, 0, input.length);
        if (!isFault(found)) {
          const used = found.reduce((sum, { header, raw }) => sum + (header.length + raw.length) / 2, 0);
          expect(used).toBeLessThanOrEqual(input.length);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("the decimal of a single-precision number", () => {
  it("reads back as the same number, and no shorter one does", () => {
    const view = new DataView(new ArrayBuffer(4));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (bits) => {
        view.setUint32(0, bits, true);
        const value = view.getFloat32(0, true);
        const found = decimalOfFloat32(new Uint8Array(view.buffer), 0);
        if (!Number.isFinite(value)) {
          expect(found).toBeNull();
          return;
        }
        const decimal = Number(`${found!.integer}e${found!.exponent}`);
        expect(Math.fround(decimal) === value).toBe(true);
        const digits = String(Math.abs(found!.integer as number)).length;
        if (digits > 1) {
          expect(Math.fround(Number(value.toPrecision(digits - 1)))).not.toBe(value);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

import { describe, expect, it } from "vitest";
import { decodeAll, faultsOf, goodOnes, readingLine } from "../hil-tests/meters/decoded.ts";
import { noisy, randomBytes } from "../hil-tests/meters/noise.ts";
import { concat, utf8 } from "./bytes.ts";
import { crcArc } from "./crc.ts";
import { dsmr } from "./dsmr.ts";
import { dsmrTelegram } from "./dsmr-write.ts";
import { withParity } from "./parity.ts";

const lines = [
  "1-3:0.2.8(50)",
  "0-0:1.0.0(240229120000W)",
  "1-0:1.8.1(000123.456*kWh)",
  "1-0:1.7.0(00.418*kW)",
  "1-0:99.97.0(2)(0-0:96.7.19)(240101000000W)(0000000240*s)(230701000000S)(0000000301*s)",
  "0-0:98.1.0(1)(240201000000W)(240115181500W)(03.695*kW)",
  "0-1:24.2.1(240229115500W)(00981.443*m3)",
];
const readings = [
  { obis: "1-3:0.2.8", value: "50", unit: null },
  { obis: "0-0:1.0.0", value: "240229120000W", unit: null },
  { obis: "1-0:1.8.1", value: "123.456", unit: "kWh" },
  { obis: "1-0:1.7.0", value: "0.418", unit: "kW" },
  { obis: "1-0:99.97.0", value: "2", unit: null },
  { obis: "1-0:99.97.0", value: "0-0:96.7.19", unit: null },
  { obis: "1-0:99.97.0", value: "240", unit: "s", time: "240101000000W" },
  { obis: "1-0:99.97.0", value: "301", unit: "s", time: "230701000000S" },
  { obis: "0-0:98.1.0", value: "1", unit: null },
  { obis: "0-0:98.1.0", value: "3.695", unit: "kW", time: "240115181500W" },
  { obis: "0-1:24.2.1", value: "981.443", unit: "m3", time: "240229115500W" },
];
const text = { identification: "XYZ5\\2DREIHASEN", lines };
const telegram = dsmrTelegram(text, true);
const old = dsmrTelegram(text, false);

function printed(bytes: Uint8Array) {
  return goodOnes(decodeAll(dsmr, bytes)).map((one) => one.readings.map(readingLine));
}

describe("a P1 telegram", () => {
  it("has the CRC that the catalogue calls ARC", () => {
    expect(crcArc(utf8("123456789"), 0, 9)).toBe(0xbb3d);
  });

  it("gives its values with units, and the time that stands before a value", () => {
    expect(goodOnes(decodeAll(dsmr, telegram))).toMatchObject([{ offset: 0, meter: "XYZ5\\2DREIHASEN" }]);
    expect(printed(telegram)).toEqual([readings]);
  });

  it("without CRC, as DSMR 2 and 3 send it, is marked unchecked", () => {
    expect(printed(old)).toEqual([readings]);
    expect(goodOnes(decodeAll(dsmr, old))[0]!.quality).toBe("unchecked");
    expect(goodOnes(decodeAll(dsmr, telegram))[0]).not.toHaveProperty("quality");
  });

  it("may leave out leading zeros of its CRC, and write it in small letters", () => {
    for (let first = 0, short = 0; short < 3; first++) {
      const block = dsmrTelegram(
        { identification: text.identification, lines: [`1.8.0(${first}*Wh)`] },
        true,
      );
      const covered = block.subarray(0, block.length - 6);
      const digits = crcArc(covered, 0, covered.length).toString(16);
      const sent = concat([covered, utf8(`${digits}\r\n`)]);
      expect(printed(sent), digits).toHaveLength(1);
      short += digits.length < 4 ? 1 : 0;
    }
  });

  it.each([
    ["on its second line", ["0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)", "(00001.001)"]],
    ["on one line", ["0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)(00001.001)"]],
  ])("of DSMR 2 or 3 names the gas meter's value %s by its own code", (_where, gas) => {
    expect(
      printed(dsmrTelegram({ identification: "ABC5x", lines: [...gas, "0-1:24.4.0(1)"] }, false)),
    ).toEqual([
      [
        { obis: "0-1:24.2.1", value: "1.001", unit: "m3", time: "161107190000" },
        { obis: "0-1:24.4.0", value: "1", unit: null },
      ],
    ]);
  });

  it("keeps the entries of a gas line that is not of the known form", () => {
    const odd = { identification: "ABC5x", lines: ["0-1:24.3.0(161107190000W)(00)(60)"] };
    expect(printed(dsmrTelegram(odd, true))).toEqual([
      [
        { obis: "0-1:24.3.0", value: "00", unit: null, time: "161107190000W" },
        { obis: "0-1:24.3.0", value: "60", unit: null },
      ],
    ]);
  });

  it("of 7E1 may be read as 8N1, with a CRC and without", () => {
    expect(printed(withParity(telegram))).toEqual([readings]);
    expect(printed(withParity(old))).toEqual([readings]);
  });

  it("is given with the last digit of its CRC, or with the line end that stands in its place", () => {
    const decoder = dsmr.decoder();
    expect(decoder.push(telegram.subarray(0, -3))).toEqual([]);
    expect(decoder.push(telegram.subarray(-3, -2))).toHaveLength(1);
    const another = dsmr.decoder();
    expect(another.push(old.subarray(0, -2))).toEqual([]);
    expect(another.push(old.subarray(-2, -1))).toHaveLength(1);
  });

  it("is followed by rubbish up to the next slash", () => {
    const rubbish = concat([utf8("  25803103\r\n"), new Uint8Array(35).fill(0xff)]);
    const bytes = concat([old, rubbish, old, rubbish]);
    const whole = decodeAll(dsmr, bytes);
    expect(whole.map(({ offset }) => offset)).toEqual([0, old.length + rubbish.length]);
    expect(goodOnes(whole)).toHaveLength(2);
    for (let chunk = 1; chunk < 30; chunk++) {
      expect(decodeAll(dsmr, bytes, chunk)).toEqual(whole);
    }
  });

  it("without CRC is refused from a meter that has sent one with", () => {
    const results = decodeAll(dsmr, concat([telegram, old, telegram]));
    expect(goodOnes(results)).toHaveLength(2);
    expect(faultsOf(results)).toEqual([`${telegram.length} checksum`]);
  });

  it("with an STX is D0 and said to be unsupported", () => {
    const bytes = concat([utf8("/ABC5x\r\n\x02"), utf8("1.8.0(1*Wh)\r\n!\r\n")]);
    expect(faultsOf(decodeAll(dsmr, bytes))).toEqual(["0 unsupported"]);
  });
});

describe("a damaged P1 telegram", () => {
  it("gives no reading wherever it is cut", () => {
    for (let length = 0; length < telegram.length - 2; length++) {
      expect(printed(telegram.subarray(0, length)), `${length} bytes`).toEqual([]);
    }
  });

  it("gives no reading for any flipped bit, and the next one whole", () => {
    const covered = telegram.length - 2;
    for (let bit = 0; bit < 8 * covered; bit++) {
      const wrong = Uint8Array.from(telegram);
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      const offsets = goodOnes(decodeAll(dsmr, concat([wrong, telegram]))).map(({ offset }) => offset);
      // A flipped bit may make a small letter of a digit of the CRC, which means the same, or a slash of the last one.
      const inCrc = bit >= 8 * (covered - 4);
      expect(inCrc ? offsets.filter((at) => at !== 0) : offsets, `bit ${bit}`).toEqual([telegram.length]);
      if (inCrc && offsets[0] === 0) {
        expect(printed(wrong)).toEqual([readings]);
      }
    }
  });

  it("gives no reading when any single byte is lost", () => {
    for (let lost = 0; lost < telegram.length - 2; lost++) {
      expect(
        printed(concat([telegram.subarray(0, lost), telegram.subarray(lost + 1)])),
        `byte ${lost}`,
      ).toEqual([]);
    }
  });

  it("never gives a wrong value on a bad line", () => {
    const many = concat(Array.from({ length: 100 }, () => telegram));
    for (const kind of ["loss", "flips"] as const) {
      const good = printed(noisy(many, { seed: 5, kind, rate: 1e-3 }));
      expect(good.length).toBeGreaterThan(50);
      expect(good.filter((one) => JSON.stringify(one) !== JSON.stringify(readings))).toEqual([]);
    }
  });

  it("is not found in a million random bytes", () => {
    expect(goodOnes(decodeAll(dsmr, randomBytes(3, 500_000), 960))).toEqual([]);
    const likely = decodeAll(dsmr, randomBytes(4, 500_000, [...utf8("/ABC5!()\r\n*.019")]), 960);
    expect(goodOnes(likely).filter(({ quality }) => quality === undefined)).toEqual([]);
  });
});

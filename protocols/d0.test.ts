import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAll, faultsOf, goodOnes, readingLine } from "../hil-tests/meters/decoded.ts";
import { noisy, randomBytes } from "../hil-tests/meters/noise.ts";
import { concat, utf8 } from "./bytes.ts";
import { d0 } from "./d0.ts";
import { d0Readout } from "./d0-write.ts";
import { withParity } from "./parity.ts";
import { lineMax, readoutMax } from "./readout.ts";

const lines = ["F.F(00)", "0.0.0(12345678)", "1-0:1.8.0*255(002941.6461*kWh)", "16.7(-0105,50*W)"];
const meter = { identification: "EBZ5DD3BZ06ETA_107", lines };
const framed = d0Readout(meter, true);
const pushed = d0Readout(meter, false);
const wanted = [
  { obis: "F.F", value: "00", unit: null },
  { obis: "0.0.0", value: "12345678", unit: null },
  { obis: "1-0:1.8.0*255", value: "2941.6461", unit: "kWh" },
  { obis: "16.7", value: "-105.50", unit: "W" },
];

/** Readings of a telegram with this data block, as printed. */
function readingsOf(block: string[]) {
  const [telegram] = goodOnes(decodeAll(d0, d0Readout({ identification: "ABC5x", lines: block }, true)));
  return telegram?.readings.map(readingLine);
}

function faultOf(bytes: Uint8Array) {
  return faultsOf(decodeAll(d0, bytes));
}

describe("a D0 readout", () => {
  it("gives the identification and its values with their units as sent", () => {
    const [telegram, ...more] = decodeAll(d0, framed);
    expect(more).toEqual([]);
    expect(telegram).toMatchObject({ offset: 0, meter: "EBZ5DD3BZ06ETA_107" });
    expect(goodOnes([telegram!])[0]!.readings.map(readingLine)).toEqual(wanted);
    expect(telegram).not.toHaveProperty("quality");
  });

  it("without a checksum is marked unchecked", () => {
    const [telegram] = goodOnes(decodeAll(d0, pushed));
    expect(telegram!.readings.map(readingLine)).toEqual(wanted);
    expect(telegram!.quality).toBe("unchecked");
  });

  it("carries every exact decimal there and back", () => {
    const decimal = fc.tuple(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
      fc.integer({ min: 0, max: 18 }),
      fc.constantFrom(".", ","),
      fc.nat({ max: 4 }),
    );
    fc.assert(
      fc.property(decimal, ([integer, decimals, point, zeros]) => {
        const digits = String(integer < 0n ? -integer : integer).padStart(decimals + 1, "0");
        const whole = digits.slice(0, digits.length - decimals);
        const rest = decimals === 0 ? "" : digits.slice(-decimals);
        const sign = integer < 0n ? "-" : "";
        const sent = `${sign}${"0".repeat(zeros)}${whole}${rest && point + rest}`;
        expect(readingsOf([`1.8.0(${sent}*Wh)`])).toEqual([
          { obis: "1.8.0", value: `${sign}${whole}${rest && `.${rest}`}`, unit: "Wh" },
        ]);
      }),
    );
  });

  it.each([
    ["+0012*kWh", "12", "kWh"],
    ["-0.0*kW", "0.0", "kW"],
    ["000*A", "0", "A"],
    ["123456789012345678901234.5*Wh", "123456789012345678901234.5", "Wh"],
    ["-00000000000000000000000*Wh", "0", "Wh"],
    ["088*C&082*C", "88", "C&082*C"],
    ["12", "12", null],
    ["1.*kWh", "1.*kWh", null],
    ["*kWh", "*kWh", null],
    ["12*", "12*", null],
    ["2017-01-18&01:36:47", "2017-01-18&01:36:47", null],
    ["", "", null],
  ])("reads (%s) as %s in %s", (group, value, unit) => {
    expect(readingsOf([`6.8(${group})`])).toEqual([{ obis: "6.8", value, unit }]);
  });

  it("reads several sets in a line, several values in a set, and a line that continues the one before", () => {
    expect(readingsOf(["6.8(1*MWh)6.26*01(2*m3)(3)", "(4*m3)", "", "F()"])).toEqual([
      { obis: "6.8", value: "1", unit: "MWh" },
      { obis: "6.26*01", value: "2", unit: "m3" },
      { obis: "6.26*01", value: "3", unit: null },
      { obis: "6.26*01", value: "4", unit: "m3" },
      { obis: "F", value: "", unit: null },
    ]);
  });

  it("keeps a slash and an exclamation mark inside a value", () => {
    expect(readingsOf(["9.4(5*kWh/h)", "C.1(a!b/c)"])).toHaveLength(2);
  });

  it.each([
    [["1.8.0(12"], "a value that is not closed"],
    [["1.8.0(1(2))"], "a value within a value"],
    [["1.8.0 12"], "a line without a value"],
    [["1.8.0)"], "a value that is not opened"],
    [["(12)"], "a value without an address"],
    [["1.8.0(1\x002)"], "a control character"],
  ])("is refused for %j: %s", (block) => {
    for (const isFramed of [true, false]) {
      expect(faultOf(d0Readout({ identification: "ABC5x", lines: block }, isFramed))).toEqual(["0 syntax"]);
    }
  });

  it("may have parentheses in its identification", () => {
    const identification = "ABC5x(1)V2";
    expect(decodeAll(d0, d0Readout({ identification, lines }, true))).toMatchObject([
      { meter: identification },
    ]);
  });

  it("is refused when it holds no value", () => {
    expect(faultOf(d0Readout({ identification: "ABC5x", lines: [] }, true))).toEqual(["0 unsupported"]);
  });
});

describe("a D0 line", () => {
  it("gives the same however its bytes are cut", () => {
    const other = d0Readout({ identification: "EMH5----eHZ-E0018E", lines }, false);
    const bytes = concat([
      utf8("noise/?!\r\n/?123!\r\n"),
      framed,
      other,
      utf8("  25803103\r\n"),
      framed.subarray(0, 40),
      other,
      other,
    ]);
    const whole = decodeAll(d0, bytes);
    expect(goodOnes(whole)).toHaveLength(4);
    for (let chunk = 1; chunk < 40; chunk++) {
      expect(decodeAll(d0, bytes, chunk)).toEqual(whole);
    }
  });

  it("shows the echo of the request and of the acknowledgement, and neither is taken for data", () => {
    const echoed = concat([
      utf8("/?!\r\n"),
      framed.subarray(0, 21),
      utf8("\x06050\r\n"),
      framed.subarray(21),
    ]);
    expect(String.fromCharCode(...framed.subarray(19, 22))).toBe("\r\n\x02");
    const [telegram] = goodOnes(decodeAll(d0, echoed));
    expect(telegram).toMatchObject({ offset: 5 });
    expect(telegram!.readings.map(readingLine)).toEqual(wanted);
  });

  it("may change its speed between identification and data: what that garbles is passed over", () => {
    const garbled = concat([framed.subarray(0, 21), Uint8Array.of(0xff, 0x00, 0x9c), framed.subarray(21)]);
    expect(goodOnes(decodeAll(d0, garbled))).toHaveLength(1);
  });

  it.each([
    ["with BCC", framed],
    ["without", pushed],
  ])("of 7E1 may be read as 8N1, %s", (_what, bytes) => {
    const [telegram] = goodOnes(decodeAll(d0, withParity(bytes)));
    expect(telegram!.meter).toBe("EBZ5DD3BZ06ETA_107");
    expect(telegram!.readings.map(readingLine)).toEqual(wanted);
  });

  it("of 7E1 read as 8N1 shows every single flipped bit behind the maker's letters, even without a BCC", () => {
    const bytes = withParity(pushed);
    for (let bit = 8 * 4; bit < 8 * (bytes.length - 4); bit++) {
      const wrong = Uint8Array.from(bytes);
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      expect(goodOnes(decodeAll(d0, wrong)), `bit ${bit}`).toEqual([]);
    }
  });

  it("keeps 8-bit characters where a BCC covers them, and refuses them where none does", () => {
    const latin = (isFramed: boolean) => {
      const bytes = d0Readout({ identification: "ABC5x", lines: ["6.8(12.5*m#)", "9.4(21*#C)"] }, false);
      const block = Uint8Array.from(bytes.subarray(10), (byte) => (byte === 0x23 ? 0xb3 : byte));
      const bcc = [...block, 3].reduce((sum, byte) => sum ^ byte, 0);
      const start = bytes.subarray(0, 8);
      return isFramed
        ? concat([start, Uint8Array.of(2), block, Uint8Array.of(3, bcc)])
        : concat([start, block]);
    };
    expect(goodOnes(decodeAll(d0, latin(true)))[0]!.readings[0]!.unit).toBe("m\xb3");
    expect(faultOf(latin(false))).toEqual(["0 checksum"]);
  });

  it("gives a pushed readout at once, as soon as the meter is known to send no checksum", () => {
    const decoder = d0.decoder();
    expect(decoder.push(pushed)).toEqual([]);
    expect(decoder.push(pushed)).toHaveLength(2);
    expect(decoder.push(pushed)).toHaveLength(1);
    expect(decoder.end()).toEqual([]);
  });

  it("gives a readout with BCC with its last byte", () => {
    const decoder = d0.decoder();
    expect(decoder.push(framed.subarray(0, -1))).toEqual([]);
    expect(decoder.push(framed.subarray(-1))).toHaveLength(1);
  });

  it("gives a readout with STX and no ETX when the next one begins, or the line ends", () => {
    const open = framed.subarray(0, -2);
    expect(goodOnes(decodeAll(d0, concat([open, open])))).toMatchObject([
      { offset: 0, quality: "unchecked" },
      { offset: open.length, quality: "unchecked" },
    ]);
  });

  it("takes no unchecked readout from a meter that has sent a BCC", () => {
    const results = decodeAll(d0, concat([framed, framed.subarray(0, -2), pushed]));
    expect(goodOnes(results)).toHaveLength(1);
    expect(faultsOf(results)).toEqual([`${framed.length} checksum`, `${2 * framed.length - 2} checksum`]);
  });
});

describe("a damaged D0 readout", () => {
  it("gives no reading when it is cut anywhere before its last line has ended", () => {
    for (const bytes of [framed, pushed, withParity(framed), withParity(pushed)]) {
      const end = bytes.length - (bytes[bytes.length - 1]! % 128 === 0x0a ? 1 : 3);
      for (let length = 0; length < end; length++) {
        const results = decodeAll(d0, bytes.subarray(0, length));
        expect(goodOnes(results), `${length} bytes`).toEqual([]);
        expect(faultsOf(results)).toEqual(length > 4 ? ["0 truncated"] : []);
      }
    }
    expect(faultOf(framed.subarray(0, -1))).toEqual(["0 truncated"]);
  });

  it("gives no reading for any flipped bit that its BCC covers, nor for one in STX, ETX or BCC", () => {
    const parityOfStx = 8 * 21 + 7;
    for (let bit = 8 * 21; bit < 8 * framed.length; bit += bit + 1 === parityOfStx ? 2 : 1) {
      const wrong = Uint8Array.from(framed);
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      const results = decodeAll(d0, concat([wrong, framed]));
      expect(
        goodOnes(results).filter(({ offset }) => offset < framed.length),
        `bit ${bit}`,
      ).toEqual([]);
    }
  });

  it("gives no reading when any single byte of it is lost, and the next one whole", () => {
    for (let lost = 21; lost < framed.length; lost++) {
      const bytes = concat([framed.subarray(0, lost), framed.subarray(lost + 1), framed]);
      const offsets = goodOnes(decodeAll(d0, bytes)).map(({ offset }) => offset);
      expect(offsets, `byte ${lost}`).toEqual([framed.length - 1]);
    }
  });

  it("never gives a wrong value on a bad line, and finds those that came through whole", () => {
    const many = concat(Array.from({ length: 200 }, () => framed));
    for (const kind of ["loss", "flips"] as const) {
      const good = goodOnes(decodeAll(d0, noisy(many, { seed: 5, kind, rate: 1e-3 })));
      expect(good.length).toBeGreaterThan(150);
      for (const { readings } of good) {
        expect(readings.map(readingLine)).toEqual(wanted);
      }
    }
  });

  it(`is given up after ${lineMax} bytes without a line end and after ${readoutMax} in all`, () => {
    const line = (length: number) => `C.1(${"x".repeat(length - 5)})`;
    const sized = (block: string[]) =>
      concat([d0Readout({ identification: "ABC5x", lines: block }, true), framed]);
    expect(goodOnes(decodeAll(d0, sized([line(lineMax - 1)])))).toHaveLength(2);
    expect(faultOf(sized([line(lineMax + 1)]))).toEqual(["0 limit"]);
    expect(faultOf(sized(Array.from({ length: 60 }, () => line(2000))))).toEqual(["0 limit"]);
    expect(goodOnes(decodeAll(d0, sized(Array.from({ length: 50 }, () => line(2000)))))).toHaveLength(2);
    expect(faultOf(utf8(`/ABC5${"x".repeat(1_000_000)}`))).toEqual(["0 limit"]);
    expect(faultOf(concat([pushed.subarray(0, 60), new Uint8Array(1_000_000).fill(0x28)]))).toEqual([
      "0 limit",
    ]);
  });
});

describe("noise on a D0 line", () => {
  it("of a million random bytes gives no reading, in bounded time", () => {
    const start = performance.now();
    for (const values of [undefined, [...utf8("/ABC5!()\r\n\x02\x03*.019")]]) {
      const results = decodeAll(d0, randomBytes(7, 500_000, values), 960);
      expect(goodOnes(results).filter(({ quality }) => quality === undefined)).toEqual([]);
    }
    expect(goodOnes(decodeAll(d0, randomBytes(9, 500_000), 960))).toEqual([]);
    expect(performance.now() - start).toBeLessThan(30_000);
  });

  it("takes time that grows with its length alone, whatever number of digits a value has", () => {
    const digits = `${"0".repeat(lineMax - 20)}x`;
    const block = Array.from({ length: 24 }, () => `C.1(${digits})`);
    const start = performance.now();
    expect(readingsOf(block)).toHaveLength(24);
    expect(performance.now() - start).toBeLessThan(30_000);
  });
});

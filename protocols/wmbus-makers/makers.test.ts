import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex } from "../bytes.ts";
import { crcEn13757 } from "../crc.ts";
import { nodeCiphers } from "../crypto-node.ts";
import { decimalText } from "../decimal.ts";
import { isFault } from "../fault.ts";
import { readRecords } from "../mbus-record.ts";
import type { BadTelegram, DataRecord, MeterKeys, Telegram } from "../meter.ts";
import { wmbus } from "../wmbus.ts";
import { withCrcs } from "../wmbus-frame.ts";
import { compactFormats } from "./compact-formats.ts";
import { diehlKeys, unveil, veiledAt } from "./diehl-lfsr.ts";
import { makerFormats } from "./index.ts";
import { type MakerValues, type MakerWriter, makerWriters, sealKey } from "./maker-write.ts";

const keys: MeterKeys = { ciphers: nodeCiphers, key: fromHex(sealKey) };
const noKeys: MeterKeys = { ciphers: nodeCiphers, key: null };

const values: MakerValues = {
  id: "12345678",
  now: 4711,
  before: 815,
  due: { year: 2023, month: 12, day: 31 },
  today: { year: 2024, month: 2, day: 29 },
};

function decode(bytes: Uint8Array, given: MeterKeys = keys): (Telegram | BadTelegram)[] {
  const decoder = wmbus.decoder(given);
  return [...decoder.push(bytes), ...decoder.end()];
}

/** What a telegram of a maker's says, wherever it says it. */
function recordsOf(bytes: Uint8Array, given = keys): readonly DataRecord[] {
  const [found, ...more] = decode(bytes, given);
  if (found === undefined || isFault(found) || more.length > 0) {
    throw new Error(found === undefined ? "nothing" : JSON.stringify([found, ...more]));
  }
  return found.own ?? found.records!;
}

const counts = ["energy", "volume", "hca"];

function countAt(records: readonly DataRecord[], storage: number): number | null {
  const record = records.find((one) => counts.includes(one.quantity) && one.storage === storage);
  const value = record?.value;
  return typeof value === "object" && value !== null ? Number(value.integer) : null;
}

function dateAt(records: readonly DataRecord[], storage: number): unknown {
  return records.find((one) => one.quantity === "date" && one.storage === storage)?.value;
}

function texts(records: readonly DataRecord[]): readonly string[] {
  return records.map(({ quantity, storage, value, unit }) => {
    const text =
      value === null || typeof value === "string" ? value : decimalText(value.integer, value.exponent);
    return `${quantity}${storage > 0 ? ` ${storage}` : ""} ${text}${unit === null ? "" : ` ${unit}`}`;
  });
}

const daysOf = fc.record({
  year: fc.integer({ min: 2010, max: 2060 }),
  month: fc.integer({ min: 1, max: 12 }),
  day: fc.integer({ min: 1, max: 28 }),
});

function valuesFor({ most }: MakerWriter): fc.Arbitrary<MakerValues> {
  return fc
    .record({
      due: daysOf,
      today: daysOf,
      now: fc.nat(most),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ share, ...rest }) => ({ id: values.id, ...rest, before: Math.floor(rest.now * share) }));
}

const two = (value: number) => String(value).padStart(2, "0");

describe.each(makerWriters.map((writer) => [writer.name, writer] as const))("%s", (name, writer) => {
  const telegram = writer.write(values, nodeCiphers);

  it("is named, with the id that is printed on the meter", () => {
    expect(decode(telegram)).toMatchObject([{ meter: "12345678", model: name }]);
  });

  it("gives back every count and date that went into it", () => {
    fc.assert(
      fc.property(valuesFor(writer), (given) => {
        const records = recordsOf(writer.write(given, nodeCiphers));
        expect(countAt(records, 0)).toBe(given.now);
        if (writer.hasDue) {
          const { year, month, day } = given.due;
          expect(countAt(records, 1)).toBe(given.before);
          expect(dateAt(records, 1)).toBe(`${year}-${two(month)}-${two(day)}`);
        }
      }),
    );
  });

  it("is the same behind the link layer's CRCs", () => {
    for (const format of ["a", "b"] as const) {
      const framed = withCrcs(format, telegram);
      expect(isFault(framed) ? [] : recordsOf(framed)).toEqual(recordsOf(telegram));
    }
  });

  it("is a fault or misses values where it is cut, and never more than it was", () => {
    const whole = texts(recordsOf(telegram));
    for (let length = 11; length < telegram.length; length++) {
      const cut = telegram.slice(0, length);
      cut[0] = length - 1;
      const [found] = decode(cut);
      const isRead = found !== undefined && !isFault(found) && found.model !== undefined;
      const said = isRead ? texts(found.own ?? found.records!) : [];
      expect(said.filter((text) => !whole.includes(text))).toEqual([]);
    }
  });

  it("with a flipped bit behind CRCs is no telegram", () => {
    const framed = withCrcs("a", telegram) as Uint8Array;
    for (let bit = 8; bit < framed.length * 8; bit++) {
      const flipped = framed.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(decode(flipped).filter((one) => !isFault(one))).toEqual([]);
    }
  });

  it("with a flipped bit and no CRCs is read or refused, and nothing is thrown", () => {
    for (let bit = 0; bit < telegram.length * 8; bit++) {
      const flipped = telegram.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(decode(flipped).length).toBeGreaterThan(0);
    }
  });
});

it("has a writer for every format but the smoke detector's", () => {
  const written = [...makerWriters.map(({ name }) => name), "Techem smoke detector TSD2"];
  expect(makerFormats.map(({ name }) => name).sort()).toEqual(written.sort());
});

describe("makers' telegrams", () => {
  const write = (name: string, given = values) =>
    makerWriters.find((writer) => writer.name === name)!.write(given, nodeCiphers);

  it("of Techem's heat meters add what was at the due date and what came since", () => {
    expect(texts(recordsOf(write("Techem compact V")))).toEqual([
      "energy 4711000 Wh",
      "date 1 2023-12-31",
      "energy 1 815000 Wh",
      "energy-since 3896000 Wh",
    ]);
  });

  it.each([
    [{ month: 1, day: 1 }, "2024-01-01"],
    [{ month: 12, day: 31 }, "2024-12-31"],
    [{ month: 12, day: 30 }, "2024-12-30"],
  ])("of Techem's water meters count the year of today %o from the due date", (today, text) => {
    const records = recordsOf(
      write("Techem mk radio 3, cold water", { ...values, today: { year: 2024, ...today } }),
    );
    expect(dateAt(records, 0)).toBe(text);
  });

  it("of Techem's heat cost allocators tell two temperatures, and begin at 0 with the due date", () => {
    for (const name of ["Techem FHKV data III", "Techem FHKV data III (version 94)"]) {
      expect(texts(recordsOf(write(name)))).toEqual([
        "date 1 2023-12-31",
        "hca 1 815",
        "date 2024-02-29",
        "hca 4711",
        "temperature 21.50 degC",
        "radiator-temperature 32.25 degC",
      ]);
    }
  });

  it("of Techem's smoke detectors tell smoke, quiet and what nobody knows", () => {
    const told = (status: string) => texts(recordsOf(fromHex(`0e4468507856341276f0a0${status}9f2700`)!));
    expect(told("00")).toEqual(["smoke none", "date 1 2019-12-31"]);
    expect(told("01")).toEqual(["smoke smoke", "date 1 2019-12-31"]);
    expect(told("71")).toEqual(["smoke status 113", "date 1 2019-12-31"]);
  });

  it("of PRIOS tell every alarm by its bit, the battery and how often it sends", () => {
    const telegram = write("Diehl PRIOS (Izar)");
    expect(texts(recordsOf(telegram)).slice(0, 3)).toEqual([
      "transmission-period 8 s",
      "battery-remaining 12.0 a",
      "alarms none",
    ]);
    // The state is in the clear, but the veil hangs on it.
    const clear = unveil(telegram, diehlKeys(null)[0]!);
    telegram.set([0x81, 0xf8, 0xff], 11);
    const seen = concat([telegram.subarray(0, veiledAt), clear]);
    const veiled = concat([telegram.subarray(0, veiledAt), unveil(seen, diehlKeys(null)[1]!)]);
    expect(texts(recordsOf(veiled))[2]).toBe(
      "alarms general leakage leakage-before blocked back-flow underflow overflow submarine sensor-fraud sensor-fraud-before mechanical-fraud mechanical-fraud-before",
    );
  });

  it("of PRIOS under a key of their own are closed without it, and say so under the meter's id", () => {
    const telegram = write("Diehl PRIOS (Izar)");
    const clear = unveil(telegram, diehlKeys(null)[0]!);
    const own: MeterKeys = { ciphers: nodeCiphers, key: fromHex("0011223344556677") };
    const seen = concat([telegram.subarray(0, veiledAt), clear]);
    const veiled = concat([telegram.subarray(0, veiledAt), unveil(seen, diehlKeys(own)[0]!)]);
    expect(decode(veiled, noKeys)).toMatchObject([{ fault: "no-key", meter: "12345678" }]);
    expect(countAt(recordsOf(veiled, own), 0)).toBe(values.now);
  });

  it("of Apator's NA-1 are closed without their key", () => {
    const telegram = write("Apator NA-1");
    expect(decode(telegram, noKeys)).toMatchObject([{ fault: "no-key" }]);
    expect(decode(telegram, { ...keys, key: new Uint8Array(16) })).toMatchObject([{ fault: "wrong-key" }]);
  });

  it("of E.ITN allocators are found behind as many bytes as b6 counts", () => {
    const telegram = write("Apator E.ITN 30");
    const behind = concat([telegram.subarray(0, 10), fromHex("b60301a003a0")!, telegram.subarray(11)]);
    behind[0] = behind.length - 1;
    expect(texts(recordsOf(behind))).toEqual(texts(recordsOf(telegram)));
    expect(texts(recordsOf(telegram))).toContain("temperature 21.50000000 degC");
  });

  it("of Qundis' meters tell what each of twelve months used, and which months they were not there", () => {
    const monthly = texts(recordsOf(write("Qundis walk-by"))).filter((text) => text.includes("of-month"));
    expect(monthly).toHaveLength(12);
    expect(monthly.slice(0, 3)).toEqual([
      "volume-of-month 2 null m3",
      "volume-of-month 3 0.300 m3",
      "volume-of-month 4 0.000 m3",
    ]);
  });

  it("of Apator's 162 with a register nobody knows in front of the volume keep their bytes and say no volume", () => {
    const telegram = write("Apator 162");
    telegram[23] = 0x99;
    expect(decode(telegram)).toMatchObject([{ records: [{ header: "0f", value: null }] }]);
    expect(decode(telegram)[0]).not.toHaveProperty("own");
  });
});

describe("Diehl's veil", () => {
  it("is the stream that opened recorded meters, eight steps of the register for each byte", () => {
    const key = 0x39bc8a10 ^ 0xe66d83f8;
    // The register as a row of bits, the highest first.
    const bits = Array.from({ length: 32 }, (_, i) => (key >>> (31 - i)) & 1);
    const stream: number[] = [];
    for (let i = 0; i < 8; i++) {
      for (let step = 0; step < 8; step++) {
        bits.push(bits[30]! ^ bits[29]! ^ bits[20]! ^ bits[0]!);
        bits.shift();
      }
      stream.push(Number.parseInt(bits.slice(24).join(""), 2));
    }
    const bytes = unveil(new Uint8Array(veiledAt + 8), key);
    expect([...bytes]).toEqual(stream);
    expect(toHex(bytes)).toBe("5d853888f6558fdc");
  });
});

describe("Diehl's veil over data records", () => {
  const records = fromHex("0c06785634120c13214365872f2f2f2f")!;

  function veiled(key: number): Uint8Array {
    const head = fromHex("00442423200478563412" + "7a" + "2a000000")!;
    const telegram = concat([head, records]);
    telegram[0] = telegram.length - 1;
    telegram[14] = 0x10 | (records.reduce((sum, byte) => sum + byte, 0) & 0xef);
    return concat([telegram.subarray(0, veiledAt), unveil(telegram, key)]);
  }

  it.each(diehlKeys(null))("under key %i of the factory's is taken off, and the id is the meter's", (key) => {
    expect(decode(veiled(key), noKeys)).toMatchObject([{ meter: "12345678", medium: 4 }]);
    expect(texts(recordsOf(veiled(key), noKeys))).toEqual(["energy 12345678000 Wh", "volume 87654.321 m3"]);
  });

  it("under another key leaves a fault, no records", () => {
    expect(decode(veiled(1234567), noKeys).filter((one) => !isFault(one))).toEqual([]);
  });
});

describe("a compact frame of a form that is known", () => {
  it.each(compactFormats)("is read without a full frame before it: %s", (headers) => {
    // A full frame of it with data 0, 1, 2...: headers as they stand here, each with the data that its DIF says.
    const full = fullFrame(fromHex(headers)!);
    const records = readRecords(full, 0, full.length);
    if (isFault(records)) {
      throw new Error(records.detail);
    }
    expect(records.map(({ header }) => header).join("")).toBe(headers);
    const crc = (bytes: Uint8Array) => {
      const value = crcEn13757(bytes, 0, bytes.length);
      return Uint8Array.of(value & 0xff, value >> 8);
    };
    const data = fromHex(records.map(({ raw }) => raw).join(""))!;
    const compact = concat([fromHex("00442d2c785634121c0c79")!, crc(fromHex(headers)!), crc(full), data]);
    compact[0] = compact.length - 1;
    expect(recordsOf(compact)).toEqual(records);
    compact[compact.length - 1]! ^= 1;
    expect(decode(compact)).toMatchObject([{ fault: "checksum" }]);
  });
});

/** Lengths of EN 13757-3 table 4. */
const lengths = [0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, -1, 6, -2];

function fullFrame(headers: Uint8Array): Uint8Array {
  let text = "";
  let count = 0;
  for (let at = 0; at < headers.length; ) {
    const from = at;
    for (let chains = 0; chains < 2; at++) {
      chains += (headers[at]! & 0x80) === 0 ? 1 : 0;
    }
    text += toHex(headers.subarray(from, at));
    for (let i = 0; i < lengths[headers[from]! & 15]!; i++) {
      text += toHex(Uint8Array.of(count++ & 0xff));
    }
  }
  return fromHex(text)!;
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noisy } from "../hil-tests/meters/noise.ts";
import { meterProfiles } from "../hil-tests/meters/profiles.ts";
import { SmlMeter } from "../hil-tests/meters/sml-meter.ts";
import { dataFolder } from "../hil-tests/programs.ts";
import { concat } from "./bytes.ts";
import { byteText } from "./cbor-small.ts";
import { integerText } from "./decimal.ts";
import { isFault } from "./fault.ts";
import type { Telegram } from "./meter.ts";
import { dlmsUnit, obisBytes } from "./obis.ts";
import { SmlDecoder } from "./sml.ts";
import { hasSignFaultText } from "./sml-dzg.ts";
import { type SmallRegister, smallSml, smallTelegramMax } from "./sml-small.ts";
import {
  smlAbsent,
  smlByte,
  smlInteger,
  smlList,
  smlMessage,
  smlOctets,
  smlSeconds,
  smlTelegram,
} from "./sml-write.ts";

type Row = readonly (number | null)[];

const named = [
  { obis: "1-0:1.8.0*255", unit: 30, exponent: -4 },
  { obis: "1-0:2.8.0*255", unit: 30, exponent: -1 },
  { obis: "1-0:16.7.0*255", unit: 27, exponent: -2, power: true as const },
  { obis: "1-0:36.7.0*255", unit: 27, exponent: -2, power: true as const },
];
const registers: readonly SmallRegister[] = named.map(({ obis, ...rest }) => ({
  code: byteText(obisBytes(obis) as Uint8Array),
  ...rest,
}));

/** What the reader for boards makes of bytes, cut into pieces. */
function small(bytes: Uint8Array, chunk = 61) {
  const rows: Row[] = [];
  const faults: string[] = [];
  const take = smallSml(registers, hasSignFaultText);
  const sink = { registers: (row: Row) => rows.push(row), fault: (code: string) => faults.push(code) };
  for (let at = 0; at < bytes.length; at += chunk) {
    take(bytes.subarray(at, at + chunk), sink);
  }
  return { rows, faults };
}

/** The same of what the whole decoder finds. */
function whole(bytes: Uint8Array): Row[] {
  const decoder = new SmlDecoder({});
  return [...decoder.push(bytes), ...decoder.end()]
    .filter((result): result is Telegram => !isFault(result))
    .map(rowOf);
}

function rowOf({ readings }: Telegram): Row {
  return named.map(({ obis, unit, exponent }) => {
    const found = readings.find(
      (reading) =>
        reading.obis === obis && typeof reading.value !== "string" && reading.unit === dlmsUnit(unit),
    )?.value;
    if (found === undefined || typeof found === "string" || found.exponent < exponent) {
      return null;
    }
    const counted = BigInt(integerText(found.integer)) * 10n ** BigInt(found.exponent - exponent);
    const size = counted < 0n ? -counted : counted;
    return size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(counted) : null;
  });
}

const profiles = Object.keys(meterProfiles) as (keyof typeof meterProfiles)[];

function day(profile: (typeof profiles)[number], locked = false): Uint8Array {
  const meter = new SmlMeter({ profile, number: 1, seed: 7, solar: 4000, locked });
  return concat(
    Array.from({ length: 20 }, () => {
      meter.step(600_000);
      return meter.telegram();
    }),
  );
}

describe("the SML reader for boards gives what the whole decoder gives of the named registers", () => {
  it.each(profiles)("of a %s, however it is cut", (profile) => {
    const bytes = day(profile);
    const rows = whole(bytes);
    expect(rows).toHaveLength(20);
    expect(rows.some((row) => row[2] !== null)).toBe(true);
    for (const chunk of [1, 7, 64, bytes.length]) {
      expect(small(bytes, chunk).rows).toEqual(rows);
    }
  });

  it("of a meter whose PIN was not entered", () => {
    expect(small(day("iskra", true)).rows).toEqual(whole(day("iskra", true)));
  });

  it("puts the wrong sign of power of DZG's meters right, and lets it stand where it was told to", () => {
    const bytes = day("dzgFaulty");
    const plain: Row[] = [];
    smallSml(registers, () => false)(bytes, { registers: (row) => plain.push(row), fault: () => {} });
    expect(small(bytes).rows).toEqual(whole(bytes));
    expect(plain).not.toEqual(whole(bytes));
  });

  it("of lists, times, texts and integers of any form behind right checksums", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), fc.boolean(), (entries, kermit) => {
        const bytes = telegramOf(entries, kermit ? "kermit" : "x25");
        expect(small(bytes).rows).toEqual(whole(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it("of telegrams that were changed before their checksums were made, where the whole decoder takes them", () => {
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 6 }),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (entries, changes) => {
          const bytes = telegramOf(entries, "x25", changes);
          const theirs = whole(bytes);
          expect(theirs.length === 0 ? [] : small(bytes).rows).toEqual(theirs);
        },
      ),
      { numRuns: 2000, seed: 17 },
    );
  });

  it("on a noisy line: every row is one of the whole decoder's, in its order", () => {
    for (const kind of ["loss", "flips"] as const) {
      const line = noisy(concat([day("emh"), day("ebz"), day("iskra")]), { seed: 5, kind, rate: 1e-3 });
      const theirs = whole(line).map((row) => JSON.stringify(row));
      const ours = small(line).rows.map((row) => JSON.stringify(row));
      expect(ours.length).toBeGreaterThan(25);
      expect(theirs.length - ours.length).toBeLessThan(3);
      let at = -1;
      for (const row of ours) {
        at = theirs.indexOf(row, at + 1);
        expect(at).toBeGreaterThanOrEqual(0);
      }
    }
  });
});

describe("the SML reader for boards", () => {
  const telegram = new SmlMeter({ profile: "emh", number: 1, seed: 7 }).telegram();

  it("gives nothing of any prefix", () => {
    for (let length = 0; length < telegram.length; length++) {
      expect(small(telegram.subarray(0, length)).rows).toEqual([]);
    }
  });

  it("gives nothing of a telegram with any one bit flipped, and the next one again", () => {
    for (let bit = 0; bit < 8 * telegram.length; bit++) {
      const flipped = new Uint8Array(telegram);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(small(flipped).rows).toEqual([]);
      expect(small(concat([flipped, telegram])).rows).toHaveLength(1);
    }
  });

  it("forgets what has begun when it is given no bytes", () => {
    const rows: Row[] = [];
    const take = smallSml(registers, hasSignFaultText);
    const sink = { registers: (row: Row) => rows.push(row), fault: () => {} };
    take(telegram.subarray(0, 100), sink);
    take(new Uint8Array(0), sink);
    take(telegram.subarray(100), sink);
    expect(rows).toEqual([]);
    take(telegram, sink);
    expect(rows).toHaveLength(1);
  });

  it("says of a value in finer steps than its register has that it cannot be told", () => {
    const bytes = telegramOf([
      {
        code: obisBytes("1-0:2.8.0*255")!,
        status: smlAbsent,
        time: smlAbsent,
        unit: 30,
        scaler: -2,
        value: smlByte(7),
      },
    ]);
    expect(small(bytes)).toEqual({ rows: [[null, null, null, null]], faults: ["unsupported"] });
  });

  it("keeps to the kind of checksum that came first on its line", () => {
    const entries = [
      {
        code: obisBytes("1-0:1.8.0*255")!,
        status: smlAbsent,
        time: smlAbsent,
        unit: 30,
        scaler: -1,
        value: smlByte(7),
      },
    ];
    const x25 = telegramOf(entries, "x25");
    const kermit = telegramOf(entries, "kermit");
    expect(small(concat([x25, kermit, x25])).rows).toHaveLength(2);
    expect(small(concat([kermit, x25, kermit])).rows).toHaveLength(2);
  });

  it("gives up a telegram without an end, keeps no more than that, and reads the next", () => {
    const start = telegram.subarray(0, 8);
    const filler = new Uint8Array(3 * smallTelegramMax).fill(0x55);
    const { rows, faults } = small(concat([start, filler, telegram]));
    expect(rows).toHaveLength(1);
    expect(faults).toEqual(["limit"]);
  });
});

const meters = dataFolder("meters");
const altered = "smllib-03.bin";

describe.skipIf(meters === null)("captures of SML meters (skipped without meter data)", () => {
  const folder = meters === null ? "" : join(meters, "sml");
  const files = meters === null ? [] : readdirSync(folder).filter((file) => file.endsWith(".bin"));

  it.each(files.filter((file) => file !== altered))(
    "%s gives the same rows as with the whole decoder",
    (file) => {
      const bytes = new Uint8Array(readFileSync(join(folder, file)));
      expect(small(bytes).rows).toEqual(whole(bytes));
    },
  );

  it("one was altered by hand, and its transport checksum with it but not its message's: only the whole decoder refuses it", () => {
    const bytes = new Uint8Array(readFileSync(join(folder, altered)));
    expect(whole(bytes)).toEqual([]);
    expect(small(bytes).rows).toHaveLength(1);
  });
});

interface Entry {
  readonly code: Uint8Array;
  readonly status: Uint8Array;
  readonly time: Uint8Array;
  readonly unit: number | null;
  readonly scaler: number | null;
  readonly value: Uint8Array;
}

const code = fc.oneof(
  fc.constantFrom(...named.map(({ obis }) => obisBytes(obis)!)),
  fc.uint8Array({ minLength: 6, maxLength: 6 }),
);
const integer = fc
  .record({
    signed: fc.boolean(),
    width: fc.integer({ min: 1, max: 8 }),
    high: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
    low: fc.nat({ max: 0xffffffff }),
  })
  .map(({ signed, width, high, low }) => smlInteger({ signed, width, value: { high, low } }));
const octets = fc.uint8Array({ maxLength: 40 }).map(smlOctets);
const quads = fc.constant(smlOctets(new Uint8Array(13).fill(0x1b)));
const bool = fc.constantFrom(new Uint8Array([0x42, 0]), new Uint8Array([0x42, 1]));
const time = fc.oneof(
  fc.constant(smlAbsent),
  fc.nat({ max: 0xffffffff }).map(smlSeconds),
  integer,
  fc.tuple(fc.constantFrom(1, 2, 3), integer).map(([choice, at]) => smlList([smlByte(choice), at])),
);
const listed = fc.array(fc.oneof(integer, octets), { maxLength: 3 }).map(smlList);
const entry: fc.Arbitrary<Entry> = fc.record({
  code,
  status: fc.oneof(fc.constant(smlAbsent), integer),
  time,
  unit: fc.oneof(fc.constantFrom(27, 30, 255), fc.constant(null)),
  scaler: fc.oneof(fc.integer({ min: -6, max: 20 }), fc.constant(null)),
  value: fc.oneof(integer, integer, octets, quads, bool, listed, fc.constant(smlAbsent)),
});
/** A place within the list of values, and what stands there then. */
const change = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) });

function telegramOf(
  entries: readonly Entry[],
  checksum: "x25" | "kermit" = "x25",
  changes: readonly { at: number; byte: number }[] = [],
): Uint8Array {
  const list = smlList(
    entries.map(({ code: name, status, time: at, unit, scaler, value }) =>
      smlList([
        smlOctets(name),
        status,
        at,
        unit === null ? smlAbsent : smlByte(unit),
        scaler === null ? smlAbsent : smlInteger({ signed: true, width: 1, value: scaler }),
        value,
        smlAbsent,
      ]),
    ),
  );
  const id = smlOctets(new Uint8Array([0x0a, 1, 0x45, 0x4d, 0x48, 0, 1, 2, 3, 4]));
  const body = smlList([smlAbsent, id, smlAbsent, smlAbsent, list, smlAbsent, smlAbsent]);
  for (const { at, byte } of changes) {
    body[at % body.length] = byte;
  }
  const part = (tag: number, content: Uint8Array) =>
    smlMessage({ transaction: new Uint8Array([1, 2]), tag, body: content, checksum });
  const open = smlList([smlAbsent, smlAbsent, smlOctets(new Uint8Array([1])), id, smlAbsent, smlAbsent]);
  return smlTelegram([part(0x0101, open), part(0x0701, body), part(0x0201, smlList([smlAbsent]))], checksum);
}

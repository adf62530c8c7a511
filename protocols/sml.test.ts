import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomBytes } from "../hil-tests/meters/noise.ts";
import { concat, fromHex, toHex, utf8 } from "./bytes.ts";
import { crcX25 } from "./crc.ts";
import { decimalText, fromWords } from "./decimal.ts";
import type { BadTelegram, MeterReading, Telegram } from "./meter.ts";
import { obisBytes } from "./obis.ts";
import { SmlDecoder, telegramMax } from "./sml.ts";
import {
  smlAbsent,
  smlByte,
  smlEntry,
  smlInteger,
  smlList,
  smlMessage,
  smlOctets,
  smlPush,
  smlSeconds,
  smlTelegram,
} from "./sml-write.ts";

type Result = Telegram | BadTelegram;

const server = fromHex("0a01454d480001234567")!;

function decode(bytes: Uint8Array, chunk = bytes.length, correctSigns = true): Result[] {
  const decoder = new SmlDecoder({ correctSigns });
  const results: Result[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    results.push(...decoder.push(bytes.subarray(at, at + chunk)));
  }
  return [...results, ...decoder.end()];
}

function good(results: readonly Result[]): Telegram[] {
  return results.filter((result): result is Telegram => !("fault" in result));
}

function faults(results: readonly Result[]): string[] {
  return results.flatMap((result) => ("fault" in result ? [`${result.offset} ${result.fault}`] : []));
}

function entry(
  obis: string,
  value: Uint8Array,
  more: { unit?: number; scaler?: number; time?: Uint8Array } = {},
) {
  return smlEntry({
    obis: obisBytes(obis)!,
    status: null,
    time: more.time ?? null,
    unit: more.unit ?? null,
    scaler: more.scaler ?? null,
    value,
  });
}

function signed(width: number, value: number): Uint8Array {
  return smlInteger({ signed: true, width, value });
}

function push(
  entries: Uint8Array[],
  more: { server?: Uint8Array; checksum?: "x25" | "kermit"; number?: number } = {},
) {
  return smlPush({
    number: more.number ?? 1,
    server: more.server ?? server,
    listName: null,
    time: smlSeconds(1000),
    entries,
    checksum: more.checksum ?? "x25",
  });
}

/** A telegram as meters send it, 1.8.0 and 16.7.0. */
function plain(number = 1): Uint8Array {
  return push(
    [
      entry("1-0:96.50.1*1", smlOctets(utf8("EMH"))),
      entry("1-0:1.8.0*255", smlInteger({ signed: false, width: 5, value: 29416461614 }), {
        unit: 30,
        scaler: -4,
      }),
      entry("1-0:16.7.0*255", signed(4, -10550), { unit: 27, scaler: -2 }),
    ],
    { number },
  );
}

function text(reading: MeterReading): string {
  const { value } = reading;
  return typeof value === "string" ? value : decimalText(value.integer, value.exponent);
}

function texts(bytes: Uint8Array): (string | null)[][] {
  return good(decode(bytes)).flatMap(({ readings }) => readings.map((r) => [r.obis, text(r), r.unit]));
}

describe("an SML telegram", () => {
  it("gives the meter's id and its readings as exact decimals with units", () => {
    const [telegram] = good(decode(plain()));
    expect(telegram!.offset).toBe(0);
    expect(telegram!.meter).toBe("0a01454d480001234567");
    expect(texts(plain())).toEqual([
      ["1-0:96.50.1*1", "454d48", null],
      ["1-0:1.8.0*255", "2941646.1614", "Wh"],
      ["1-0:16.7.0*255", "-105.50", "W"],
    ]);
  });

  it("carries integers of every width from 1 to 8 bytes exactly, signed and unsigned", () => {
    const field = fc
      .tuple(fc.integer({ min: 1, max: 8 }), fc.boolean(), fc.integer({ min: -128, max: 127 }))
      .chain(([width, isSigned, scaler]) => {
        const bits = BigInt(8 * width);
        const range = isSigned
          ? { min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n }
          : { min: 0n, max: 2n ** bits - 1n };
        return fc.tuple(fc.constant({ width, signed: isSigned, scaler }), fc.bigInt(range));
      });
    fc.assert(
      fc.property(field, ([{ width, signed: isSigned, scaler }, value]) => {
        const integer = fromWords(Number(value >> 32n), Number(value & 0xffffffffn));
        const bytes = push([
          entry("1-0:1.8.0*255", smlInteger({ signed: isSigned, width, value: integer }), { scaler }),
        ]);
        const [reading] = good(decode(bytes))[0].readings;
        expect(reading!.value).toEqual({ integer, exponent: scaler });
      }),
      { numRuns: 1000 },
    );
  });

  it("appends zeros for a positive scaler, and says 0 for zero", () => {
    const bytes = push([
      entry("1-0:1.8.0*255", smlInteger({ signed: false, width: 4, value: 2043 }), { unit: 30, scaler: 3 }),
      entry("1-0:2.8.0*255", smlByte(0), { unit: 30, scaler: 3 }),
    ]);
    expect(texts(bytes).map((row) => row[1])).toEqual(["2043000", "0"]);
  });

  it("gives no reading for an entry without value and keeps the others", () => {
    const bytes = push([entry("1-0:1.8.0*255", smlAbsent, { unit: 30 }), entry("1-0:2.8.0*255", smlByte(7))]);
    expect(texts(bytes)).toEqual([["1-0:2.8.0*255", "7", null]]);
  });

  it("gives the number of a time where a value is a list that holds one, and passes over other lists", () => {
    const time = smlSeconds(1868036);
    const local = smlList([smlInteger({ signed: false, width: 4, value: 77 }), signed(2, 60), signed(2, 60)]);
    const bytes = push([
      entry("1-0:96.5.0*255", smlList([smlByte(1), time]), { unit: 7, scaler: 3 }),
      entry("1-0:96.5.1*255", smlList([smlByte(1), smlInteger({ signed: false, width: 4, value: 5 })])),
      entry("1-0:96.5.2*255", smlList([smlByte(1), smlList([smlByte(3), local])])),
      entry("1-0:96.5.3*255", smlList([smlByte(4), smlByte(5), smlList([smlByte(6)])])),
      entry("1-0:1.8.0*255", smlByte(9)),
    ]);
    expect(texts(bytes)).toEqual([
      ["1-0:96.5.0*255", "1868036", null],
      ["1-0:96.5.1*255", "5", null],
      ["1-0:96.5.2*255", "77", null],
      ["1-0:1.8.0*255", "9", null],
    ]);
  });

  it("may give the time of a value in any of the forms meters send", () => {
    const seconds = smlInteger({ signed: false, width: 4, value: 1719835200 });
    const times = [
      smlSeconds(5),
      seconds,
      smlList([smlByte(2), seconds]),
      smlList([smlByte(3), smlList([seconds, signed(2, 60), signed(2, 60)])]),
      smlList([smlByte(3), smlList([seconds, signed(2, -570), signed(2, 0)])]),
    ];
    const bytes = push(times.map((time) => entry("1-0:1.8.0*255", smlByte(1), { time })));
    expect(good(decode(bytes))[0].readings.map((reading) => reading.time)).toEqual([
      undefined,
      undefined,
      "2024-07-01T12:00:00Z",
      "2024-07-01T14:00:00+02:00",
      "2024-07-01T02:30:00-09:30",
    ]);
  });

  it("keeps the status word, up to 64 bits", () => {
    const status = smlInteger({ signed: false, width: 8, value: { high: 0xffffffff, low: 4 } });
    const bytes = push([
      smlEntry({
        obis: obisBytes("1-0:1.8.0")!,
        status,
        time: null,
        unit: 30,
        scaler: -1,
        value: smlByte(1),
      }),
    ]);
    expect(good(decode(bytes))[0].readings[0].status).toEqual({ high: 0xffffffff, low: 4 });
  });

  it("may cut the leading zero of a message CRC", () => {
    const body = smlList([smlAbsent]);
    for (let number = 0; ; number++) {
      const transaction = new Uint8Array([number >> 8, number & 0xff]);
      const close = smlMessage({ transaction, tag: 0x0201, body, checksum: "x25" });
      if (close[close.length - 3] === 0) {
        const cut = concat([
          close.subarray(0, close.length - 4),
          new Uint8Array([0x62, close[close.length - 2], 0]),
        ]);
        const list = smlMessage({ transaction, tag: 0x0701, body: valueList([]), checksum: "x25" });
        expect(good(decode(smlTelegram([list, cut], "x25")))).toHaveLength(1);
        return;
      }
    }
  });

  it("may hold what looks like the line's own sequences, escaped", () => {
    for (const hex of [
      "1b1b1b1b",
      "1b1b1b1b1b",
      "1b1b1b1b1b1b1b1b",
      "001b1b1b1b01010101",
      "1b1b1b1b01010101ff1b1b1b1b1a00",
      "1b1b1b",
      "1b1b1b1b1b1b1b1b1b1b1b01010101",
    ]) {
      const bytes = push([entry("1-0:96.1.0*255", smlOctets(fromHex(hex)!))]);
      for (const chunk of [1, 5, bytes.length]) {
        expect(
          good(decode(bytes, chunk)).flatMap(({ readings }) => readings.map(text)),
          hex,
        ).toEqual([hex]);
      }
    }
  });

  it("is told from its end sequence when it ends in 1b", () => {
    const content = fromHex("1b1b1b1b01010101" + "0000001b" + "1b1b1b1b1a00")!;
    const crc = crcX25(content, 0, content.length);
    const bytes = concat([content, new Uint8Array([crc & 0xff, crc >> 8])]);
    expect(decode(bytes)).toMatchObject([{ fault: "syntax", detail: expect.stringContaining("fill") }]);
    expect(good(decode(concat([bytes, plain()])))).toHaveLength(1);
  });

  it("may use Kermit checksums, at both layers", () => {
    const bytes = push([entry("1-0:1.8.0*255", smlByte(1))], { checksum: "kermit" });
    expect(good(decode(bytes))).toHaveLength(1);
    const list = smlMessage({ transaction: server, tag: 0x0701, body: valueList([]), checksum: "x25" });
    expect(faults(decode(smlTelegram([list], "kermit")))).toEqual(["0 checksum"]);
  });

  it("must keep to the kind of checksum its meter has used before, meter by meter", () => {
    const mine = push([entry("1-0:1.8.0*255", smlByte(1))]);
    const switched = push([entry("1-0:1.8.0*255", smlByte(2))], { checksum: "kermit" });
    const other = push([entry("1-0:1.8.0*255", smlByte(3))], { checksum: "kermit", server: utf8("other") });
    const results = decode(concat([mine, switched, other, mine, other]));
    expect(faults(results)).toEqual([`${mine.length} checksum`]);
    expect(good(results)).toHaveLength(4);
  });

  it("without a list of values says so", () => {
    const close = smlMessage({
      transaction: server,
      tag: 0x0201,
      body: smlList([smlAbsent]),
      checksum: "x25",
    });
    expect(faults(decode(smlTelegram([close], "x25")))).toEqual(["0 unsupported"]);
  });
});

describe("the wrong sign of DZG meters", () => {
  const dzg = (serial: number) =>
    concat([fromHex("0a01445a4700")!, smlInteger({ signed: false, width: 4, value: serial }).subarray(1)]);
  const powers = ["1-0:16.7.0*255", "1-0:36.7.0*255", "1-0:56.7.0*255", "1-0:76.7.0*255"];
  const telegram = (serial: number, width = 2) =>
    push(
      [...powers, "1-0:31.7.0*255"].map((obis) =>
        entry(obis, signed(width, -29912), { unit: 27, scaler: -2 }),
      ),
      { server: dzg(serial) },
    );
  const values = (bytes: Uint8Array, correctSigns = true) =>
    good(decode(bytes, bytes.length, correctSigns))[0].readings.map((r) => [text(r), r.quality]);

  it("is put right for total and per-phase power, and marked", () => {
    for (const serial of [42_000_000, 48_999_999, 55_000_000, 58_999_999]) {
      expect(values(telegram(serial))).toEqual([
        ["356.24", "corrected"],
        ["356.24", "corrected"],
        ["356.24", "corrected"],
        ["356.24", "corrected"],
        ["-299.12", undefined],
      ]);
    }
  });

  it("is left alone outside the two ranges of serial numbers and in four bytes", () => {
    const untouched = powers.concat("").map(() => ["-299.12", undefined]);
    for (const serial of [41_999_999, 49_000_000, 54_999_999, 59_000_000, 60_000_000]) {
      expect(values(telegram(serial))).toEqual(untouched);
    }
    expect(values(telegram(42_000_000, 4))).toEqual(untouched);
  });

  it("can be left as sent", () => {
    expect(values(telegram(42_000_000), false)[0]).toEqual(["-299.12", undefined]);
  });
});

describe("a line", () => {
  const two = concat([plain(1), plain(2)]);

  it("gives the same telegrams and faults however its bytes are cut", () => {
    const noisy = concat([
      plain(1),
      plain(2).subarray(0, 90),
      plain(3),
      fromHex("1b1b1b1b1b")!,
      plain(4),
      plain(5),
    ]);
    const long = concat([noisy.subarray(0, 40), new Uint8Array(telegramMax), noisy]);
    for (const bytes of [noisy, long]) {
      const whole = decode(bytes);
      expect(good(whole).length).toBeGreaterThan(3);
      for (const chunk of [1, 2, 3, 5, 7, 64, 255, 1000]) {
        expect(decode(bytes, chunk)).toEqual(whole);
      }
    }
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400 }), { maxLength: 12 }), (cuts) => {
        const decoder = new SmlDecoder({ correctSigns: true });
        const results: Result[] = [];
        let at = 0;
        for (const cut of [...cuts, noisy.length]) {
          results.push(...decoder.push(noisy.subarray(at, at + cut)));
          at += cut;
        }
        expect([...results, ...decoder.end()]).toEqual(decode(noisy));
      }),
    );
  });

  it("says where each telegram begins", () => {
    const results = decode(concat([new Uint8Array(13), two]));
    expect(results.map(({ offset }) => offset)).toEqual([13, 13 + plain(1).length]);
  });

  it("says nothing while no telegram begins", () => {
    expect(decode(new Uint8Array(5000).fill(0x1b))).toEqual([]);
    expect(decode(utf8("1-0:1.8.0*255(000123)\r\n"))).toEqual([]);
  });

  it("gives no reading when a telegram stops, wherever it does, and the next one whole", () => {
    const bytes = plain(1);
    const next = plain(2);
    for (let cut = 1; cut < bytes.length; cut++) {
      const alone = decode(bytes.subarray(0, cut));
      expect(good(alone), `cut at ${cut}`).toEqual([]);
      expect(faults(alone)).toEqual(cut < 8 ? [] : ["0 truncated"]);
      const followed = good(decode(concat([bytes.subarray(0, cut), next])));
      expect(followed, `cut at ${cut}`).toMatchObject([{ offset: cut }]);
    }
  });

  it("gives no reading when any single bit is flipped", () => {
    const bytes = plain(1);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const wrong = new Uint8Array(bytes);
      wrong[bit >> 3] ^= 1 << (bit & 7);
      expect(good(decode(wrong)), `bit ${bit}`).toEqual([]);
    }
  });

  it("gives no reading when any single byte is lost, and the next telegram whole", () => {
    const bytes = plain(1);
    for (let lost = 0; lost < bytes.length; lost++) {
      const rest = concat([bytes.subarray(0, lost), bytes.subarray(lost + 1), plain(2)]);
      expect(
        good(decode(rest)).map(({ offset }) => offset),
        `byte ${lost}`,
      ).toEqual([bytes.length - 1]);
    }
  });

  it("gives up a telegram without an end after 8 KiB", () => {
    const endless = concat([plain().subarray(0, 40), new Uint8Array(1_000_000).fill(0x55), plain()]);
    for (const chunk of [64, endless.length]) {
      const results = decode(endless, chunk);
      expect(faults(results)).toEqual(["0 limit"]);
      expect(good(results)).toHaveLength(1);
    }
  });

  it("takes a telegram of exactly 8 KiB and refuses one of four bytes more", () => {
    const sized = (length: number) => {
      const value = (size: number) =>
        push([entry("1-0:96.1.0*255", smlOctets(new Uint8Array(size).fill(1)))]);
      let size = length - 200;
      while (value(size).length < length) {
        size++;
      }
      return value(size);
    };
    expect(sized(telegramMax)).toHaveLength(telegramMax);
    expect(good(decode(sized(telegramMax), 100))).toHaveLength(1);
    expect(faults(decode(sized(telegramMax + 4), 100))).toEqual(["0 limit"]);
  });

  it("of a million random bytes gives no reading, in a second or two", () => {
    const bytes = randomBytes(7, 1_000_000);
    expect(good(decode(bytes, 960))).toEqual([]);
    const likely = randomBytes(8, 1_000_000, [0x1b, 0x1b, 0x01, 0x1a, 0x76]);
    const start = performance.now();
    expect(good(decode(likely, 960))).toEqual([]);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe("a telegram whose checksums hold and whose content is wrong", () => {
  const list = (body: Uint8Array) =>
    smlTelegram([smlMessage({ transaction: server, tag: 0x0701, body, checksum: "x25" })], "x25");
  const refused = (body: Uint8Array) => {
    const [result, ...more] = decode(concat([list(body), plain()]));
    expect(good(more)).toHaveLength(1);
    return result !== undefined && "fault" in result ? result.fault : "good";
  };
  const field = (hex: string) =>
    concat([fromHex("77")!, smlAbsent, smlOctets(server), smlAbsent, fromHex(hex)!]);

  it("is refused for a tag-length field of more than four bytes, or one that never ends", () => {
    expect(refused(field("8f8f8f8f0f"))).toBe("limit");
    expect(refused(field("ffffffffffffffff"))).toBe("syntax");
    expect(refused(field("8fff"))).toBe("syntax");
  });

  it("is refused for a length beyond its end, also of a gigabyte", () => {
    expect(refused(field("8f8f8f0f"))).toBe("limit");
    expect(refused(field("0f"))).toBe("limit");
    expect(refused(field("84808080808080800f"))).toBe("limit");
  });

  it("is refused for a list of more entries than bytes are left", () => {
    expect(refused(field("01ff8f8f0f"))).toBe("limit");
    expect(refused(field("017f0101"))).toBe("limit");
  });

  it("is refused for lists nested deeper than 16", () => {
    expect(refused(field("71".repeat(12) + "01" + "700101"))).toBe("good");
    expect(refused(field("71".repeat(20) + "01" + "700101"))).toBe("limit");
    expect(refused(field("71".repeat(4000) + "01" + "700101"))).toBe("limit");
  });

  it("is refused for an integer of nine bytes, a scaler beyond eight bits, an OBIS code that is none", () => {
    const obis = smlOctets(obisBytes("1-0:1.8.0")!);
    const one = (fields: string) => valueList([concat([fromHex("77")!, obis, fromHex(fields)!])]);
    expect(refused(one("010101" + "01" + "6201" + "01"))).toBe("good");
    expect(refused(one("010101" + "01" + "6a010101010101010101" + "01"))).toBe("syntax");
    expect(refused(one("010101" + "630100" + "6201" + "01"))).toBe("range");
    expect(refused(valueList([fromHex("77" + "0501000108" + "01010101620101")!]))).toBe("syntax");
  });

  it("gives one result and never an exception, whatever a byte of it becomes", () => {
    const body = valueList([
      entry("1-0:1.8.0*255", signed(5, -7), { unit: 30, scaler: -1, time: smlSeconds(3) }),
      entry("1-0:96.5.0*255", smlList([smlByte(1), smlSeconds(9)])),
    ]);
    for (let at = 0; at < body.length; at++) {
      for (const value of [0x00, 0x01, 0x1b, 0x42, 0x62, 0x70, 0x77, 0x7f, 0x8f, 0xf1, 0xff]) {
        const wrong = new Uint8Array(body);
        wrong[at] = value;
        const results = decode(list(wrong));
        expect(results, toHex(wrong)).toHaveLength(1);
        expect(decode(list(wrong), 1)).toEqual(results);
      }
    }
  });

  it("is read or refused in time that grows with its length alone", () => {
    const start = performance.now();
    for (let seed = 0; seed < 20_000; seed++) {
      decode(list(randomBytes(seed, seed % 60)));
    }
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

function valueList(entries: Uint8Array[]): Uint8Array {
  return smlList([
    smlAbsent,
    smlOctets(server),
    smlAbsent,
    smlAbsent,
    smlList(entries),
    smlAbsent,
    smlAbsent,
  ]);
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../hil-tests/programs.ts";
import { concat, fromHex, utf8 } from "./bytes.ts";
import { nodeCiphers } from "./crypto-node.ts";
import { decimalText } from "./decimal.ts";
import { dlms } from "./dlms.ts";
import {
  blockApdus,
  type DataForm,
  hdlcSegments,
  mbusSegments,
  sealApdu,
  writeData,
  writeLength,
  writeNotification,
} from "./dlms-write.ts";
import { isFault } from "./fault.ts";
import type { BadTelegram, MeterKeys, MeterReading, Telegram } from "./meter.ts";

const keys: MeterKeys = {
  ciphers: nodeCiphers,
  key: fromHex("36c66639e48a8ca4d6bc8b282a793bbb")!,
  auth: fromHex("92705c5c97286064eabae38d190f87a4")!,
};
const title = utf8("KFMg0001");
const addresses = Uint8Array.of(0xcf, 0x02, 0x23);

function decode(bytes: Uint8Array, given: MeterKeys = keys, size = bytes.length) {
  const decoder = dlms.decoder(given);
  const results: (Telegram | BadTelegram)[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    results.push(...decoder.push(bytes.subarray(at, at + size)));
  }
  return [...results, ...decoder.end()];
}

const goodOf = (results: readonly (Telegram | BadTelegram)[]) =>
  results.filter((result): result is Telegram => !isFault(result));
const text = ({ obis, value, unit }: MeterReading) =>
  `${obis} ${typeof value === "string" ? value : decimalText(value.integer, value.exponent)}${unit === null ? "" : ` ${unit}`}`;
const read = (hex: string) => decode(concat([notificationHead, fromHex(hex)!])).map(shown);
const shown = (result: Telegram | BadTelegram) =>
  isFault(result) ? result.fault : (result as Telegram).readings.map(text);

const notificationHead = fromHex("0f0000000100")!;
const list = (type: number, items: DataForm[]): DataForm => ({ type, octets: new Uint8Array(0), items });
const item = (type: number, hex: string): DataForm => ({ type, octets: fromHex(hex)!, items: [] });

/** Energy and power as most meters push them: name, value, scaler and unit. */
const apdu = writeNotification(
  7,
  fromHex("07e704010615202300ff8880")!,
  concat([
    Uint8Array.of(2, 2),
    writeData(
      list(2, [item(9, "0100010800ff"), item(6, "0003ff27"), list(2, [item(15, "00"), item(22, "1e")])]),
    ),
    writeData(
      list(2, [item(9, "0100200700ff"), item(18, "093c"), list(2, [item(15, "ff"), item(22, "23")])]),
    ),
  ]),
);
const readings = ["1-0:1.8.0*255 261927 Wh", "1-0:32.7.0*255 236.4 V"];
const sealed = sealApdu(keys, { title, counter: 21, control: 0x30 }, apdu);

const framed = {
  "one HDLC frame": concat(hdlcSegments(addresses, apdu, 500)),
  "HDLC segments": concat(hdlcSegments(addresses, apdu, 20)),
  "M-Bus frames in series": concat(mbusSegments(apdu, 25)),
  "blocks in HDLC frames": concat(
    blockApdus(apdu, 30).flatMap((block) => hdlcSegments(addresses, block, 500)),
  ),
  "sealed, in HDLC segments": concat(hdlcSegments(addresses, sealed, 40)),
  "sealed, in M-Bus frames": concat(mbusSegments(sealed, 50)),
};

describe("a DLMS telegram", () => {
  it.each(Object.entries(framed))("in %s is read, however the line is cut", (_name, bytes) => {
    for (const size of [1, 7, bytes.length]) {
      const results = decode(concat([bytes, bytes]), keys, size);
      expect(results.map(shown)).toEqual([readings, readings]);
      expect(goodOf(results).map(({ offset }) => offset)).toEqual([0, bytes.length]);
    }
  });

  it.each(Object.entries(framed))("in %s gives nothing when a bit is flipped", (_name, bytes) => {
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const wrong = Uint8Array.from(bytes);
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      expect(goodOf(decode(wrong)), `bit ${bit}`).toEqual([]);
    }
  });

  it.each(Object.entries({ ...framed, "no frame": apdu, "a seal alone": sealed }))(
    "in %s that is cut gives nothing",
    (_name, bytes) => {
      for (let length = 0; length < bytes.length; length++) {
        expect(goodOf(decode(bytes.subarray(0, length))), `${length} bytes`).toEqual([]);
      }
    },
  );

  it("is found again behind noise and behind a damaged one", () => {
    const good = framed["HDLC segments"];
    const bad = Uint8Array.from(good);
    bad[40]! ^= 1;
    const results = decode(concat([fromHex("00a07e7ea0ff12")!, good, bad, good, good.subarray(0, 30), good]));
    expect(goodOf(results).map(shown)).toEqual([readings, readings, readings]);
  });

  it("without a frame is marked unchecked, and several may follow one another", () => {
    const results = decode(concat([apdu, apdu]));
    expect(results.map((result) => (result as Telegram).quality)).toEqual(["unchecked", "unchecked"]);
    expect(results.map(shown)).toEqual([readings, readings]);
  });

  it("of which a segment is missing gives nothing", () => {
    const segments = { hdlc: hdlcSegments(addresses, apdu, 20), mbus: mbusSegments(apdu, 20) };
    for (const parts of Object.values(segments)) {
      for (let missing = 0; missing < parts.length; missing++) {
        expect(goodOf(decode(concat(parts.filter((_, i) => i !== missing))))).toEqual([]);
      }
    }
  });

  it("behind one that stays without its end is placed where it begins itself", () => {
    const [first] = mbusSegments(apdu, 25);
    const results = decode(concat([first!, ...mbusSegments(apdu, 200)]));
    expect(results.map((result) => [result.offset, shown(result)])).toEqual([
      [0, "truncated"],
      [first!.length, readings],
    ]);
  });

  it("that was sealed is checked with the authentication key, and read without it", () => {
    const verified = decode(sealed)[0] as Telegram;
    expect(verified).toMatchObject({ meter: "4b464d6730303031" });
    expect(verified.quality).toBeUndefined();
    expect(decode(sealed, { ...keys, auth: null })[0]).toMatchObject({ quality: "unauthenticated" });
    for (const control of [0x10, 0x20]) {
      const one = sealApdu(keys, { title, counter: 3, control }, apdu);
      expect(decode(one).map(shown)).toEqual([readings]);
      expect((decode(one)[0] as Telegram).quality).toBe(control === 0x10 ? undefined : "unauthenticated");
    }
  });

  it("that does not open says why: no key, another key, another authentication key, or content that nothing reads", () => {
    expect(decode(sealed, { ...keys, key: null }).map(shown)).toEqual(["no-key"]);
    const other = new Uint8Array(16).fill(3);
    expect(decode(sealed, { ...keys, key: other }).map(shown)).toEqual(["wrong-key"]);
    expect(decode(sealed, { ...keys, auth: other }).map(shown)).toEqual(["checksum"]);
    const odd = sealApdu(keys, { title, counter: 1, control: 0x30 }, concat([apdu, Uint8Array.of(0)]));
    expect(decode(odd).map(shown)).toEqual(["content"]);
    const compressed = Uint8Array.from(sealed);
    compressed[11]! |= 0x80;
    expect(decode(compressed).map(shown)).toEqual(["unsupported"]);
  });
});

describe("the layouts of DLMS telegrams", () => {
  it("are told apart by what is in them", () => {
    expect(read("0202020209060100010800ff06000000050202 09060100020800ff0600000006")).toEqual([
      ["1-0:1.8.0*255 5", "1-0:2.8.0*255 6"],
    ]);
    // One flat list that begins with its own name.
    expect(read("02050a0356312e09060100010800ff060000000509060100020700ff0600000006")).toEqual([
      ["1-0:1.8.0*255 5", "1-0:2.7.0*255 6"],
    ]);
    // Attributes without types.
    expect(
      read("010202020003 0100010700ff 020600000003 02020001 0000600100ff 020902ab0c".replaceAll(" ", "")),
    ).toEqual([["1-0:1.7.0*255 3", "0-0:96.1.0*255 ab0c"]]);
    // Each with its class and attribute.
    expect(read("0101020412000309060100010800ff0f020600000009")).toEqual([["1-0:1.8.0*255 9"]]);
    // Objects first, values behind: the list is the first object's own value, or is not counted.
    const object = (obis: string) => `02041200030906${obis}0f02120000`;
    const [own, energy] = [object("0000190900ff"), object("0100010800ff")];
    expect(read(`02020102${own}${energy}0600000007`)).toEqual([["1-0:1.8.0*255 7"]]);
    expect(read(`02020101${energy}0600000007`)).toEqual([["1-0:1.8.0*255 7"]]);
    // A name whose type and length are exchanged (Landis+Gyr ZMF100).
    expect(read("0203060901001f0700ff1000f402020ffe1621")).toEqual([["1-0:31.7.0*255 2.44 A"]]);
    // Values alone have only their places.
    expect(read("02030a024b4d060000000112ffff")).toEqual([["#1 KM", "#2 1", "#3 65535"]]);
  });

  it("give every type of value exactly", () => {
    const value = (hex: string) =>
      read(`020209060100010800ff${hex}`)
        .flat()
        .map((one) => one.replace("1-0:1.8.0*255 ", ""));
    expect(value("15ffffffffffffffff")).toEqual(["18446744073709551615"]);
    expect(value("148000000000000000")).toEqual(["-9223372036854775808"]);
    expect(value("05ffffffff")).toEqual(["-1"]);
    expect(value("10fffe")).toEqual(["-2"]);
    expect(value("0f80")).toEqual(["-128"]);
    expect(value("0301")).toEqual(["1"]);
    expect(value("174367dd c7".replace(" ", ""))).toEqual(["231.86632"]);
    expect(value("183fb999999999999a")).toEqual(["0.1"]);
    expect(value("177fc00000")).toEqual([]);
    expect(value("00")).toEqual([]);
    expect(value("0409abcd")).toEqual(["abcd"]);
    expect(value("1907e704010615202300ff8880")).toEqual(["2023-04-01T21:32:35+02:00"]);
    expect(value("1affffffffff")).toEqual(["ffffffffff"]);
    expect(value("0900")).toEqual([""]);
    expect(value("0a0434350000")).toEqual(["45"]);
  });

  it("scale a value by its scaler, and refuse a scaler that is none", () => {
    const scaled = (scaler: string) => read(`020309060100010800ff06000000070202${scaler}161e`);
    expect(scaled("0f03")).toEqual([["1-0:1.8.0*255 7000 Wh"]]);
    expect(scaled("0ffe")).toEqual([["1-0:1.8.0*255 0.07 Wh"]]);
    expect(scaled("0f7f")).toEqual(["range"]);
  });
});

describe("a hostile DLMS line", () => {
  it("allocates nothing for a length or count that is not there", () => {
    for (const hex of ["0984ffffffff", "0184ffffffff", "0284ffffffff00", "0480", "0985ffffffffff"]) {
      const framedOne = concat(hdlcSegments(addresses, concat([notificationHead, fromHex(hex)!]), 500));
      expect(["truncated", "limit", "syntax"]).toContain(decode(framedOne).map(shown)[0]);
    }
  });

  it("cannot nest deeper than the limit", () => {
    const deep = concat([notificationHead, fromHex("0101".repeat(500))!, fromHex("00")!]);
    expect(decode(concat(hdlcSegments(addresses, deep, 1500))).map(shown)).toEqual(["limit"]);
  });

  it("cannot make a series grow beyond its limit", () => {
    const endless = Array.from(
      { length: 200 },
      (_, i) => hdlcSegments(addresses, new Uint8Array(3000), 200)[i === 0 ? 0 : 1]!,
    );
    const results = decode(concat(endless));
    expect(results.map(shown)).toContain("limit");
    expect(goodOf(results)).toEqual([]);
  });

  it("of random bytes gives no telegram with a checksum, and nothing is thrown", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.integer({ min: 1, max: 100 }), (bytes, size) => {
        expect(goodOf(decode(bytes, keys, size)).filter(({ quality }) => quality !== "unchecked")).toEqual(
          [],
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("with a good checksum over anything is no more than a fault, the same for every chunking", () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .constantFrom("0202", "09060100010800ff", "0600000001", "02020fff161e", "0101", "00")
        .map((hex) => fromHex(hex)!),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), fc.integer({ min: 1, max: 30 }), (parts, size) => {
        const bytes = concat(hdlcSegments(addresses, concat([notificationHead, ...parts]), 100));
        expect(decode(bytes, keys, size)).toEqual(decode(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it("is worked through in time that grows with its length alone", () => {
    const worst = [
      concat(Array.from({ length: 8000 }, () => notificationHead)),
      concat([notificationHead, fromHex(`02${"82ffff"}`)!, new Uint8Array(60_000)]),
      new Uint8Array(60_000).fill(0x7e),
      new Uint8Array(60_000).fill(0x68),
      concat(Array.from({ length: 12_000 }, () => fromHex("7ea7ff0303")!)),
    ];
    for (const bytes of worst) {
      const before = performance.now();
      decode(bytes, keys, 50);
      expect(performance.now() - before).toBeLessThan(20_000);
    }
  });

  it("writes lengths in the fewest bytes", () => {
    expect([127, 128, 255, 256].map((n) => writeLength(n).length)).toEqual([1, 2, 2, 3]);
  });
});

const meters = dataFolder("meters");

describe.skipIf(meters === null)("captures of DLMS meters (skipped without meter data)", () => {
  interface Expected {
    readonly offset: number;
    readonly readings: readonly {
      readonly obis: string;
      readonly value: string;
      readonly unit: string | null;
    }[];
    readonly sure: readonly number[];
  }
  const lines = meters === null ? [] : readFileSync(join(meters, "dlms.hex"), "utf8").split("\n");
  const line = (number: number) => {
    const [hex, option] = lines[number - 1]!.split(";key=");
    return { bytes: fromHex(hex!)!, key: option === undefined ? null : fromHex(option) };
  };
  const decodeLine = (number: number, auth: Uint8Array | null) => {
    const { bytes, key } = line(number);
    return decode(bytes, { ciphers: nodeCiphers, key, auth });
  };

  it("give every reading that its source is sure of", () => {
    const expected = readFileSync(join(meters!, "dlms.expected.ndjson"), "utf8").split("\n").filter(Boolean);
    for (const { offset, readings: wanted, sure } of expected.map((one) => JSON.parse(one) as Expected)) {
      const results = decodeLine(offset, null);
      expect(results).toHaveLength(1);
      const found = (results[0] as Telegram).readings.map(text);
      for (const i of sure) {
        expect(found[i]).toBe(text({ ...wanted[i]!, value: wanted[i]!.value }));
      }
    }
  });

  it("hold under the authentication key that one of them was published with", () => {
    const auth = fromHex(/authentication key ([0-9a-f]{32})/.exec(lines.join("\n"))![1]!);
    const at = lines.findIndex((one) => one.includes("authentication key")) + 2;
    const [result] = decodeLine(at, auth);
    expect(isFault(result)).toBe(false);
    expect((result as Telegram).quality).toBeUndefined();
  });

  it("without an expectation are read by place or by their list of objects", () => {
    expect(shown(decodeLine(4, null)[0]!)).toHaveLength(13);
    expect(shown(decodeLine(14, null)[0]!)).toContain("0-0:97.98.10*255 65535");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex, utf8 } from "./bytes.ts";
import { crcX25 } from "./crc.ts";
import { isFault } from "./fault.ts";

import type { BadTelegram, MeterReading, Telegram } from "./meter.ts";
import { obisBytes } from "./obis.ts";
import { SmlDecoder, sml } from "./sml.ts";
import { smlEntry, smlInteger, smlOctets, smlPush, smlSeconds } from "./sml-write.ts";

type Result = Telegram | BadTelegram;

const server = fromHex("0a01454d480001234567")!;

function push(number: number, checksum: "x25" | "kermit" = "x25"): Uint8Array {
  const value = (obis: string, unit: number | null, field: Uint8Array) =>
    smlEntry({ obis: obisBytes(obis)!, status: null, time: null, unit, scaler: -1, value: field });
  return smlPush({
    number,
    server,
    listName: null,
    time: smlSeconds(1000 + number),
    entries: [
      value("1-0:96.50.1*1", null, smlOctets(utf8("EMH"))),
      value("1-0:1.8.0*255", 30, smlInteger({ signed: false, width: 5, value: 29416461614 + number })),
      value("1-0:16.7.0*255", 27, smlInteger({ signed: true, width: 4, value: -2345 })),
    ],
    checksum,
  });
}

function decode(bytes: Uint8Array, salvage = true, chunk = bytes.length): Result[] {
  const decoder = new SmlDecoder({ salvage });
  const results: Result[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    results.push(...decoder.push(bytes.subarray(at, at + chunk)));
  }
  return [...results, ...decoder.end()];
}

function good(results: readonly Result[]): Telegram[] {
  return results.filter((result): result is Telegram => !isFault(result));
}

const telegram = push(1);
const truth = good(decode(telegram))[0]!;
const salvaged = { meter: truth.meter, readings: truth.readings, quality: "salvaged" };

/** Where the list's message begins, by its transaction id, and the one behind it. */
const listAt = toHex(telegram).indexOf("760500000004") / 2;
const closeAt = toHex(telegram).indexOf("760500000005") / 2;

function flipped(bytes: Uint8Array, ...bits: readonly number[]): Uint8Array {
  const wrong = new Uint8Array(bytes);
  for (const bit of bits) {
    wrong[bit >> 3]! ^= 1 << (bit & 7);
  }
  return wrong;
}

function texts(readings: readonly MeterReading[]): string {
  return JSON.stringify(readings);
}

describe("what is saved of a damaged SML telegram", () => {
  it("is nothing unless it was asked for", () => {
    const bytes = flipped(telegram, 8 * (closeAt + 2));
    expect(decode(bytes, false)).toMatchObject([{ offset: 0, fault: "checksum" }]);
    expect([...sml.decoder().push(bytes)]).toHaveLength(1);
    expect([...sml.decoder(undefined, { salvage: true }).push(bytes)]).toHaveLength(2);
  });

  it("is its list, with any bit flipped outside of it, behind the fault and marked", () => {
    for (let bit = 8 * 8; bit < 8 * telegram.length; bit++) {
      if (bit < 8 * listAt || bit >= 8 * closeAt) {
        const [bad, saved, ...more] = decode(flipped(telegram, bit));
        expect(bad, `bit ${bit}`).toMatchObject({ offset: 0, fault: expect.any(String) });
        expect(saved, `bit ${bit}`).toEqual({ offset: 0, ...salvaged });
        expect(more).toEqual([]);
      }
    }
  });

  it("is nothing with any bit flipped inside its list", () => {
    for (let bit = 8 * listAt; bit < 8 * closeAt; bit++) {
      expect(good(decode(flipped(telegram, bit))), `bit ${bit}`).toEqual([]);
    }
  });

  it("has the true values, whichever byte is lost and wherever it is cut", () => {
    let saved = 0;
    for (let at = 0; at < telegram.length; at++) {
      const lost = concat([telegram.subarray(0, at), telegram.subarray(at + 1), push(2)]);
      for (const { readings, quality, offset } of good(decode(lost))) {
        saved += quality === "salvaged" ? 1 : 0;
        expect(quality === "salvaged" || offset === telegram.length - 1).toBe(true);
        expect(quality !== "salvaged" || texts(readings) === texts(truth.readings), `byte ${at}`).toBe(true);
      }
      for (const cut of good(decode(telegram.subarray(0, at)))) {
        expect(cut, `cut at ${at}`).toEqual({ offset: 0, ...salvaged });
      }
    }
    expect(saved).toBe(telegram.length - 8 - (closeAt - listAt));
  });

  it("has the true values after every hit that 16 bits find: a burst, two bits, any odd number of bits", () => {
    const bit = fc.nat({ max: 8 * telegram.length - 1 });
    const burst = fc
      .tuple(bit, fc.uniqueArray(fc.nat({ max: 15 }), { minLength: 1 }))
      .map(([first, rest]) => rest.map((more) => Math.min(first + more, 8 * telegram.length - 1)));
    const odd = fc.uniqueArray(bit, { minLength: 1, maxLength: 9 }).filter(({ length }) => length % 2 === 1);
    const two = fc.uniqueArray(bit, { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(fc.oneof(burst, odd, two), (bits) => {
        for (const { readings } of good(decode(flipped(telegram, ...new Set(bits))))) {
          expect(texts(readings)).toBe(texts(truth.readings));
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it("passes by accident about once in 65,536 hits of other kinds, as any checksum of 16 bits", () => {
    let wrong = 0;
    const hits = 65_536;
    const random = fc.sample(fc.uint8Array({ minLength: 4, maxLength: 4 }), { numRuns: hits, seed: 16 });
    // Digits of the counter: the form of the message stays, only its checksum can tell.
    const counter =
      toHex(telegram).indexOf(toHex(smlInteger({ signed: false, width: 5, value: 29416461615 }))) / 2;
    for (const digits of random) {
      const bytes = new Uint8Array(telegram);
      bytes.set(digits, counter + 2);
      const isHit = toHex(digits) !== toHex(telegram.subarray(counter + 2, counter + 6));
      wrong += isHit ? good(decode(bytes)).length : 0;
    }
    expect(wrong).toBeLessThan(8);
  }, 30_000);

  it("is the same however its bytes are cut", () => {
    const line = concat([
      flipped(push(1), 8 * 20),
      push(2).subarray(0, closeAt + 5),
      flipped(push(3), 8 * (telegram.length - 1)),
      push(4).subarray(0, closeAt),
      new Uint8Array(9000),
      push(5),
    ]);
    const whole = decode(line);
    expect(good(whole).filter(({ quality }) => quality === "salvaged")).toHaveLength(4);
    for (const chunk of [1, 3, 64, 1000]) {
      expect(decode(line, true, chunk)).toEqual(whole);
    }
  });

  it("keeps two lists apart where the start between them was hit", () => {
    const line = concat([flipped(push(1), 8 * (telegram.length - 6)), flipped(push(2), 8 * 3)]);
    expect(good(decode(line)).map(({ readings }) => readings.length)).toEqual([3, 3]);
  });

  it("is nothing where the telegram's checksum holds and a message's does not", () => {
    const bytes = new Uint8Array(telegram);
    bytes[listAt + 2]! ^= 1;
    const whole = withTransportChecksum(bytes);
    expect(decode(whole)).toMatchObject([
      { fault: "checksum", detail: expect.stringContaining("message CRC") },
    ]);
  });

  it("must have the kind of checksum that its meter uses, and teaches none", () => {
    const x25 = flipped(push(1), 8 * 20);
    const kermit = flipped(push(1, "kermit"), 8 * 20);
    expect(good(decode(kermit))).toEqual([]);
    expect(good(decode(concat([push(1, "kermit"), kermit, x25])))).toMatchObject([
      { readings: truth.readings },
      { quality: "salvaged" },
    ]);
    expect(good(decode(concat([x25, push(1, "kermit")])))).toHaveLength(2);
  });

  it("is looked for eight times in one telegram, whatever else it holds", () => {
    const decoy = fromHex("760500000001620062007263070177")!;
    const decoys = (count: number) => concat(Array.from({ length: count }, () => decoy));
    const among = (count: number) =>
      concat([telegram.subarray(0, listAt), decoys(count), telegram.subarray(listAt)]);
    expect(good(decode(among(7)))).toHaveLength(1);
    expect(good(decode(among(8)))).toHaveLength(0);
  });
});

function withTransportChecksum(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes);
  const at = whole.length - 2;
  const crc = crcX25(whole, 0, at);
  whole.set([crc & 0xff, crc >> 8], at);
  return whole;
}

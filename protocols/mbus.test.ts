import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromHex } from "./bytes.ts";
import { nodeCiphers } from "./crypto-node.ts";
import { decimalText } from "./decimal.ts";
import { isFault } from "./fault.ts";
import { mbus } from "./mbus.ts";
import { longFrame, shortFrame } from "./mbus-frame.ts";
import { writeAnswer, writeRecord } from "./mbus-write.ts";
import type { BadTelegram, Telegram } from "./meter.ts";

function decode(bytes: Uint8Array, size = bytes.length): (Telegram | BadTelegram)[] {
  const decoder = mbus.decoder();
  const results: (Telegram | BadTelegram)[] = [];
  for (let at = 0; at < bytes.length; at += Math.max(size, 1)) {
    results.push(...decoder.push(bytes.subarray(at, at + size)));
  }
  return [...results, ...decoder.end()];
}

function good(results: readonly (Telegram | BadTelegram)[]): Telegram[] {
  return results.filter((result): result is Telegram => !isFault(result));
}

const volume = writeRecord({
  function: "instantaneous",
  storage: 0,
  tariff: 0,
  subunit: 0,
  vib: [0x13],
  data: { coding: "integer", bytes: 4, value: 54321 },
});
const address = fromHex("7704785634120e16")!; // maker, id 12345678, version, type
const answer = writeAnswer({ address, accessNumber: 10, status: 0, config: 0 }, volume);
const frame = longFrame(0x08, 1, answer)!;

describe("wired M-Bus", () => {
  it("gives the meter's id and its records", () => {
    const [telegram] = good(decode(frame));
    expect(telegram).toMatchObject({ offset: 0, meter: "12345678", readings: [] });
    const [record] = telegram!.records!;
    expect(record).toMatchObject({ header: "0413", raw: "31d40000", quantity: "volume", unit: "m3" });
    const value = record!.value as { integer: number; exponent: number };
    expect(decimalText(value.integer, value.exponent)).toBe("54.321");
  });

  it("passes over requests and acknowledgements on the same wire", () => {
    const line = concat([shortFrame(0x40, 1), fromHex("e5")!, shortFrame(0x5b, 1), frame, fromHex("e5")!]);
    expect(decode(line)).toEqual([expect.objectContaining({ offset: 11, meter: "12345678" })]);
  });

  it("gives the two counters of fixed data as bytes", () => {
    const [telegram] = good(decode(fromHex("68131368080573785634120a00e97e01000000350100003c16")!));
    expect(telegram!.meter).toBe("12345678");
    expect(telegram!.records!.map(({ header, raw, value }) => [header, raw, value])).toEqual([
      ["", "01000000", null],
      ["", "35010000", null],
    ]);
  });

  it.each([
    ["an error report, in the meter's words", "68040468080170088116", "content", "application too busy"],
    ["an error report without a reason", "680303680801707916", "content", "unspecified error"],
    ["lengths that differ", "68040568080170088116", "syntax", "differ"],
    ["a length that is too short", "680000680816", "syntax", "too short"],
    ["a wrong sum", "68040468080170088216", "checksum", "sum"],
    ["a missing stop byte", "68040468080170088117", "syntax", "stop"],
    ["a CI field that no answer has", "68030368530151a516", "unsupported", "51"],
    ["a frame that stops", "681f1f680802727856341224", "truncated", "stop"],
    ["fixed data of another length", "68040468080173007c16", "syntax", "16 were expected"],
    ["a header that is cut", "68040468080172007b16", "truncated", "header"],
  ])("refuses %s", (_name, hex, code, words) => {
    const [first] = decode(fromHex(hex)!);
    expect(first).toMatchObject({ offset: 0, fault: code, detail: expect.stringContaining(words) });
  });

  it("opens what a meter encrypts on the wire, and takes an old meter's signature for no encryption", () => {
    const key = fromHex("000102030405060708090a0b0c0d0e0f")!;
    const iv = concat([address, new Uint8Array(8).fill(10)]);
    const text = concat([fromHex("2f2f")!, volume, fromHex("2f2f2f2f2f2f2f2f")!]);
    const sealed = nodeCiphers.aesCbc.encrypt(key, iv, text);
    const encrypted = writeAnswer({ address, accessNumber: 10, status: 0, config: 0x0510 }, sealed);
    const line = longFrame(0x08, 1, encrypted)!;
    const keys = (given: Uint8Array | null) => ({ ciphers: nodeCiphers, key: given });
    expect(mbus.decoder(keys(key)).push(line)).toMatchObject([{ records: [{ header: "0413" }] }]);
    expect(mbus.decoder(keys(key.map((byte) => byte ^ 1))).push(line)).toMatchObject([
      { fault: "wrong-key" },
    ]);
    expect(mbus.decoder().push(line)).toMatchObject([{ fault: "no-key" }]);
    const old = writeAnswer({ address, accessNumber: 10, status: 0, config: 0x05f0 }, volume);
    expect(good(decode(longFrame(0x08, 1, old)!))).toHaveLength(1);
  });

  it("finds a good frame behind a torn one, and behind noise", () => {
    for (const cut of [1, 4, 5, 12, frame.length - 1]) {
      expect(good(decode(concat([frame.subarray(0, cut), frame])))).toHaveLength(1);
    }
    const noise = Uint8Array.from({ length: 600 }, (_, i) => (i % 3 === 0 ? 0x68 : 0x44));
    expect(good(decode(concat([noise, frame, noise, frame])))).toHaveLength(2);
  });

  it("gives the same whatever pieces the bytes come in", () => {
    const line = concat([frame, fromHex("6868681068e5")!, frame, frame.subarray(0, 20), frame, frame]);
    const whole = decode(line);
    expect(good(whole)).toHaveLength(4);
    for (let size = 1; size < 40; size++) {
      expect(decode(line, size)).toEqual(whole);
    }
  });

  it("gives nothing for any part of a frame", () => {
    for (let length = 0; length < frame.length; length++) {
      expect(good(decode(frame.subarray(0, length)))).toEqual([]);
    }
  });

  it("gives nothing when any bit is wrong", () => {
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const flipped = frame.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(good(decode(flipped)), `bit ${bit}`).toEqual([]);
    }
  });

  it("survives any content behind a right sum", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 253 }), fc.boolean(), (user, isAnswer) => {
        const content = isAnswer ? concat([answer.subarray(0, 13), user.subarray(0, 240)]) : user;
        expect(decode(longFrame(0x08, 1, content)!)).not.toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it("survives any line, in bounded work", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0x68, 0x10, 0x16, 0xe5, 0x03, 0x08), { maxLength: 3000 }),
        (line) => {
          expect(decode(Uint8Array.from(line), 100).length).toBeLessThanOrEqual(line.length);
        },
      ),
    );
  });
});

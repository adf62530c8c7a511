import { describe, expect, it } from "vitest";
import { faultsOf, goodOnes } from "../hil-tests/meters/decoded.ts";
import { noisy, randomBytes } from "../hil-tests/meters/noise.ts";
import { concat, fromHex } from "./bytes.ts";
import { nodeCiphers } from "./crypto-node.ts";
import { dsmr } from "./dsmr.ts";
import { dsmrTelegram, sealedTelegram } from "./dsmr-write.ts";
import type { BadTelegram, Telegram } from "./meter.ts";
import { sealedMax } from "./sealed-readout.ts";

const key = fromHex("056f9b0cfedf150e889bead52fa7a174")!;
const title = fromHex("5341470000000001")!;
const text = {
  identification: "Lux5\\253663629_A",
  lines: ["1-0:1.8.0(000123.456*kWh)", "1-0:1.7.0(00.418*kW)"],
};
const plain = dsmrTelegram(text, true);

function sealed(counter: number, telegram = plain): Uint8Array {
  return sealedTelegram(nodeCiphers, { key, title, counter }, telegram);
}

function decode(bytes: Uint8Array, chunk = bytes.length, given: Uint8Array | null = key) {
  const decoder = dsmr.decoder({ ciphers: nodeCiphers, key: given });
  const results: (Telegram | BadTelegram)[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    results.push(...decoder.push(bytes.subarray(at, at + chunk)));
  }
  return [...results, ...decoder.end()];
}

const one = sealed(1);

describe("a sealed P1 telegram", () => {
  it("is opened with the meter's key, at the offset of its seal, however it is cut", () => {
    const bytes = concat([one, plain, sealed(2), sealed(3)]);
    const whole = decode(bytes);
    expect(whole).toMatchObject([
      { offset: 0, meter: "Lux5\\253663629_A" },
      { offset: one.length, meter: "Lux5\\253663629_A" },
      { offset: one.length + plain.length },
      { offset: 2 * one.length + plain.length },
    ]);
    expect(goodOnes(whole)).toHaveLength(4);
    for (let chunk = 1; chunk < 50; chunk++) {
      expect(decode(bytes, chunk)).toEqual(whole);
    }
  });

  it("without a key, with another, and damaged are three different faults", () => {
    expect(faultsOf(decode(one, one.length, null))).toEqual(["0 no-key"]);
    expect(faultsOf(decode(one, one.length, key.subarray(0, 8)))).toEqual(["0 no-key"]);
    expect(faultsOf(decode(one, one.length, new Uint8Array(16)))).toEqual(["0 wrong-key"]);
    const damaged = Uint8Array.from(one);
    damaged[60]! ^= 1;
    expect(faultsOf(decode(damaged))).toEqual(["0 checksum"]);
  });

  it("with something else behind a seal that holds is refused", () => {
    expect(faultsOf(decode(sealed(4, new Uint8Array(60))))).toEqual(["0 syntax"]);
    expect(faultsOf(decode(sealed(5, plain.subarray(0, 40))))).toEqual(["0 truncated"]);
  });

  it("needs no CRC of its own: the tag is one", () => {
    const [telegram] = goodOnes(decode(sealed(6, dsmrTelegram(text, false))));
    expect(telegram).not.toHaveProperty("quality");
  });

  it("gives no reading wherever it is cut, and none for any flipped bit", () => {
    for (let length = 0; length < one.length; length++) {
      expect(goodOnes(decode(one.subarray(0, length)))).toEqual([]);
    }
    for (let bit = 0; bit < 8 * one.length; bit++) {
      const wrong = Uint8Array.from(one);
      wrong[bit >> 3]! ^= 1 << (bit & 7);
      expect(goodOnes(decode(wrong)), `bit ${bit}`).toEqual([]);
    }
  });

  it("that loses a byte costs itself and no other", () => {
    for (let lost = 0; lost < one.length; lost++) {
      const bytes = concat([one.subarray(0, lost), one.subarray(lost + 1), sealed(2), sealed(3)]);
      expect(
        goodOnes(decode(bytes)).map(({ offset }) => offset),
        `byte ${lost}`,
      ).toEqual([one.length - 1, 2 * one.length - 1]);
    }
  });

  it("is found again on a bad line, and never gives a wrong value", () => {
    const many = concat(Array.from({ length: 100 }, (_, i) => sealed(i)));
    const right = JSON.stringify(goodOnes(decode(one))[0]!.readings);
    for (const kind of ["loss", "flips"] as const) {
      const good = goodOnes(decode(noisy(many, { seed: 3, kind, rate: 1e-3 })));
      expect(good.length).toBeGreaterThan(60);
      expect(good.filter(({ readings }) => JSON.stringify(readings) !== right)).toEqual([]);
    }
  });

  it("of more than 4 KiB is none, and headers within headers take no longer for it", () => {
    const large = dsmrTelegram({ ...text, lines: [`0-0:96.13.0(${"30".repeat(sealedMax / 2)})`] }, true);
    expect(goodOnes(decode(concat([sealed(1, large), one])))).toHaveLength(1);
    const nested = concat(Array.from({ length: 20_000 }, () => fromHex("db08534147000000000182100030")!));
    const start = performance.now();
    expect(goodOnes(decode(concat([nested, randomBytes(1, 500_000)]), 960))).toEqual([]);
    expect(performance.now() - start).toBeLessThan(30_000);
  });
});

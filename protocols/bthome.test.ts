import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../hil-tests/programs.ts";
import { bthome } from "./bthome.ts";
import { concat, fromHex, toHex } from "./bytes.ts";
import { sealCcm } from "./ccm.ts";
import { nodeCiphers } from "./crypto-node.ts";
import { decimalText } from "./decimal.ts";
import { isFault } from "./fault.ts";
import type { Measurement, MeterKeys, Telegram } from "./meter.ts";

const noKeys: MeterKeys = { ciphers: nodeCiphers, key: null };
const keys: MeterKeys = {
  ciphers: nodeCiphers,
  key: fromHex("000102030405060708090a0b0c0d0e0f")!,
  mac: fromHex("c0ffee010203")!,
};

function decode(bytes: Uint8Array, given: MeterKeys, size = 100) {
  const decoder = bthome.decoder(given);
  for (let at = 0; at < bytes.length; at += size) {
    expect(decoder.push(bytes.subarray(at, at + size))).toEqual([]);
  }
  return decoder.end();
}

const textOf = ({ value }: Measurement) =>
  value === null || typeof value === "string" ? value : decimalText(value.integer, value.exponent);

/** `quantity value unit` of each measurement, or the fault's name. */
function read(hex: string, given: MeterKeys = noKeys): string | string[] {
  const [result] = decode(fromHex(hex)!, given);
  return isFault(result)
    ? result.fault
    : result!.measurements!.map((one) => `${one.quantity} ${textOf(one)} ${one.unit ?? ""}`.trim());
}

/** What a sensor with the keys' key and address sends. */
function seal(objects: string, counter: string, information = "41"): Uint8Array {
  const head = fromHex(information)!;
  const nonce = concat([keys.mac!, fromHex("d2fc")!, head, fromHex(counter)!]);
  const plain = fromHex(objects)!;
  const sealed = sealCcm(nodeCiphers, { key: keys.key!, nonce }, plain, 4);
  const address = information === "43" ? Uint8Array.from(keys.mac!).reverse() : new Uint8Array(0);
  return concat([head, address, sealed.subarray(0, plain.length), fromHex(counter)!, sealed.subarray(-4)]);
}

describe("a BTHome advert", () => {
  it("gives each object as an exact decimal with its unit", () => {
    expect(read("4002ca0903bf1304138a01")).toEqual([
      "temperature 25.06 degC",
      "humidity 50.55 %",
      "pressure 1008.83 hPa",
    ]);
    expect(read("4058ea")).toEqual(["temperature -7.70 degC"]);
    expect(read("404dffffffff")).toEqual(["energy 4294967.295 kWh"]);
    expect(read("405cffffffff")).toEqual(["power -0.01 W"]);
  });

  it("numbers the objects that are there more than once", () => {
    expect(read("4002ca0902cf0903b717")).toEqual([
      "temperature_1 25.06 degC",
      "temperature_2 25.11 degC",
      "humidity 60.71 %",
    ]);
    expect(read("403a003a013a80")).toEqual(["button_2 press", "button_3 hold_press"]);
  });

  it("keeps what came before an object that is not known, and is a fault with nothing before", () => {
    expect(read("40015dfe5d09")).toEqual(["battery 93 %"]);
    expect(read("40fe015d")).toBe("unsupported");
  });

  it("tells events and texts", () => {
    expect(read("443c0203")).toEqual(["dimmer rotate_right", "dimmer_steps 3"]);
    expect(read("443c0003")).toEqual([]);
    expect(read("443a77")).toEqual(["button event_119"]);
    expect(read("445303e282ac")).toEqual(["text €"]);
    expect(read("445301ff")).toEqual(["text ff"]);
  });

  it("of another version, without objects or too long is a fault", () => {
    expect(read("2002ca09")).toBe("unsupported");
    expect(read("40")).toBe("truncated");
    expect(read(`40${"0101".repeat(200)}`)).toBe("limit");
    expect(decode(new Uint8Array(0), noKeys)).toEqual([]);
  });

  it("that is encrypted is opened with the sensor's key and its address, given or in the advert", () => {
    const bytes = seal("02ca0903bf13", "00112233");
    const objects = ["temperature 25.06 degC", "humidity 50.55 %"];
    expect(read(toHex(bytes), keys)).toEqual(objects);
    expect(read(toHex(seal("02ca0903bf13", "00112233", "43")), { ...keys, mac: null })).toEqual(objects);
    const [telegram] = decode(bytes, keys) as Telegram[];
    expect(telegram).toMatchObject({ meter: "c0ffee010203", offset: 0 });
    expect(telegram!.quality).toBeUndefined();
    expect((decode(fromHex("40015d")!, noKeys) as Telegram[])[0]!.quality).toBe("unchecked");
  });

  it("that does not open says why", () => {
    const hex = toHex(seal("02ca09", "01000000"));
    expect(read(hex)).toBe("no-key");
    expect(read(hex, { ...keys, mac: null })).toBe("no-key");
    expect(read(hex, { ...keys, key: new Uint8Array(16) })).toBe("wrong-key");
    expect(read(hex, { ...keys, mac: new Uint8Array(6) })).toBe("wrong-key");
  });

  it("in clear is refused under the name of a sensor that has a key", () => {
    expect(read("4002ca09", keys)).toBe("not-allowed");
  });

  it("gives nothing when a bit of it is flipped or its end is missing, where it is encrypted", () => {
    for (const information of ["41", "43"]) {
      const bytes = seal("02ca0903bf13", "00112233", information);
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const wrong = Uint8Array.from(bytes);
        wrong[bit >> 3]! ^= 1 << (bit & 7);
        expect(isFault(decode(wrong, keys)[0]), `bit ${bit}`).toBe(true);
      }
      for (let length = 1; length < bytes.length; length++) {
        expect(isFault(decode(bytes.subarray(0, length), keys)[0])).toBe(true);
      }
    }
  });

  it("of random bytes is a fault or measurements, the same in any pieces", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, isVersion2) => {
        if (isVersion2 && bytes.length > 0) {
          bytes[0] = 0x40;
        }
        expect(decode(bytes, noKeys, 3)).toEqual(decode(bytes, noKeys));
        expect(decode(bytes, keys)).toHaveLength(bytes.length === 0 ? 0 : 1);
      }),
      { numRuns: 2000 },
    );
  });
});

const meters = dataFolder("meters");

describe.skipIf(meters === null)("published BTHome adverts (skipped without meter data)", () => {
  it("give every value that the reference parser gives", () => {
    const lines = readFileSync(join(meters!, "bthome.vectors.ndjson"), "utf8").split("\n").filter(Boolean);
    expect(lines).toHaveLength(40);
    for (const line of lines) {
      const one = JSON.parse(line) as {
        readonly test: string;
        readonly payload: string;
        readonly expected: readonly (readonly [string, string, number | string | boolean])[];
        readonly key?: string;
        readonly mac?: string;
      };
      const given = {
        ciphers: nodeCiphers,
        key: one.key === undefined ? null : fromHex(one.key),
        mac: one.mac === undefined ? null : fromHex(one.mac.replaceAll(":", "")),
      };
      const [result] = decode(fromHex(one.payload)!, given);
      // The parser's tests have their own order.
      const found = isFault(result)
        ? result.fault
        : result!.measurements!.map((measured) => [measured.quantity, textOf(measured)]);
      const wanted = one.expected.map(([name, , value]) => {
        const measured = isFault(result) ? undefined : result!.measurements!.find((m) => m.quantity === name);
        const text = measured === undefined ? "missing" : textOf(measured);
        return [name, typeof value === "number" && Number(text) === value ? text : String(value)];
      });
      const sorted = (list: unknown) => (Array.isArray(list) ? list.map(String).sort() : list);
      expect(sorted(found), one.test).toEqual(sorted(wanted));
    }
  });
});

import { describe, expect, it } from "vitest";
import { concat, fromHex } from "../protocols/bytes.ts";
import { sealCcm } from "../protocols/ccm.ts";
import { nodeCiphers } from "../protocols/crypto-node.ts";
import { decimalText } from "../protocols/decimal.ts";
import type { Fault } from "../protocols/fault.ts";
import type { UartReader } from "./driver.ts";
import { bthomeSensor } from "./drivers/bthome-sensor.ts";
import { ruuviSensor } from "./drivers/ruuvi-sensor.ts";

const keys = { ciphers: nodeCiphers, key: fromHex("000102030405060708090a0b0c0d0e0f")! };
const options = { address: "C0:FF:EE:01:02:03" };

/** What a reader makes of adverts that come one after the other, a second apart unless told otherwise. */
class Ear {
  readonly faults: Fault["fault"][] = [];
  readonly rows: string[] = [];
  readonly #reader: UartReader;
  #time = 0;

  constructor(reader: UartReader) {
    this.#reader = reader;
  }

  hear(data: Uint8Array | string, pause = 1000): this {
    this.#time += pause;
    const bytes = typeof data === "string" ? fromHex(data)! : data;
    this.#reader.push(concat([Uint8Array.of(bytes.length), bytes]), this.#time, {
      measured: (columns, values) => {
        this.rows.push(
          columns
            .map(({ quantity, exponent }, i) => {
              const value = values[i];
              return `${quantity} ${value === null ? "missing" : decimalText(value, exponent)}`;
            })
            .join(", "),
        );
      },
      fault: ({ fault }) => this.faults.push(fault),
    });
    return this;
  }
}

/** What a sensor with the keys' key and address sends. */
function sealed(objects: string, counter: number): Uint8Array {
  const count = new Uint8Array(new Uint32Array([counter]).buffer);
  const nonce = concat([fromHex("c0ffee010203")!, fromHex("d2fc41")!, count]);
  const plain = fromHex(objects)!;
  const box = sealCcm(nodeCiphers, { key: keys.key, nonce }, plain, 4);
  return concat([Uint8Array.of(0x41), box.subarray(0, plain.length), count, box.subarray(-4)]);
}

const clear = () => new Ear(bthomeSensor.reader(options));
const guarded = () => new Ear(bthomeSensor.reader(options, keys));

describe("a radio sensor", () => {
  it("may say one thing now and another in the next advert: both stand, for a minute", () => {
    const ear = clear().hear("4002ca09").hear("4003bf13").hear("4003bf13", 60_000);
    expect(ear.rows).toEqual([
      "temperature 25.06",
      "temperature 25.06, relativeHumidity 50.55",
      "temperature missing, relativeHumidity 50.55",
    ]);
  });

  it("sends each advert several times: that is one measurement", () => {
    expect(clear().hear("40000702ca09").hear("40000702ca09").hear("40000802ca09").rows).toHaveLength(2);
  });

  it("that has a key is believed only with its tag, and never twice", () => {
    const first = sealed("02ca09", 5);
    const ear = guarded().hear(first).hear(first).hear(sealed("02cb09", 6)).hear(first).hear("4002ca09");
    expect(ear.rows).toEqual(["temperature 25.06", "temperature 25.07"]);
    expect(ear.faults).toEqual(["replayed", "not-allowed"]);
    const flipped = sealed("02cc09", 7);
    flipped[2] = (flipped[2] ?? 0) ^ 1;
    expect(ear.hear(flipped).faults.at(-1)).toBe("wrong-key");
  });

  it("tells about people, and what is billed, only where its tag holds", () => {
    const objects = "0a130000" + "2301";
    expect(clear().hear(`40${objects}`)).toMatchObject({ rows: [], faults: ["content"] });
    expect(guarded().hear(sealed(objects, 1)).rows).toEqual(["activeEnergyImported 19, occupied 1"]);
  });

  it("gives no value that cannot be, and goes on with the others", () => {
    expect(clear().hear("4002ff7f03bf13").rows).toEqual(["relativeHumidity 50.55"]);
  });

  it("whose advert names another address is not heard", () => {
    const advert = "0512fc5394c37c0004fffc040cac364200cdcbb8334c884f";
    const own = new Ear(ruuviSensor.reader({ address: "CB:B8:33:4C:88:4F" }));
    const other = new Ear(ruuviSensor.reader(options));
    expect(own.hear(advert).rows).toHaveLength(1);
    expect(other.hear(advert)).toMatchObject({ rows: [], faults: ["not-allowed"] });
  });

  it("is read again behind an advert of impossible length", () => {
    const reader = bthomeSensor.reader(options);
    const ear = new Ear(reader);
    reader.push(Uint8Array.of(255, 255), 0, { measured: () => {}, fault: () => {} });
    expect(ear.hear("4002ca09").rows).toHaveLength(1);
  });
});

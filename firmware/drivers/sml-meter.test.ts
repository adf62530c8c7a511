import { describe, expect, it } from "vitest";
import { fromHex } from "../../protocols/bytes.ts";
import { smlEntry, smlInteger, smlPush } from "../../protocols/sml-write.ts";
import type { DriverOptions } from "../installation-type.ts";
import { smlMeter } from "./sml-meter.ts";

/** What the driver makes of bytes, in the order it comes. */
function heard(options: DriverOptions, bytes: Uint8Array): unknown[] {
  const told: unknown[] = [];
  smlMeter.reader(options).push(bytes, 0, {
    measured: (_columns, values) => told.push(values),
    fault: ({ fault }) => told.push(fault),
  });
  return told;
}

/** A DZG DVS74 that sends 356.24 W with the wrong sign. */
const dzg = smlPush({
  number: 1,
  server: fromHex("0a01445a470002813580")!,
  listName: null,
  time: null,
  entries: [
    smlEntry({
      obis: fromHex("0100100700ff")!,
      status: null,
      time: null,
      unit: 27,
      scaler: -2,
      value: smlInteger({ signed: true, width: 2, value: -29912 }),
    }),
  ],
  checksum: "x25",
});

describe("the SML driver's choices", () => {
  it("put the wrong sign of a DZG meter right, unless they are told not to", () => {
    expect(heard({}, dzg)).toEqual([[35624]]);
    expect(heard({ correctSigns: true }, dzg)).toEqual([[35624]]);
    expect(heard({ correctSigns: false }, dzg)).toEqual([[-29912]]);
  });

  it("salvage a message where they are told to, and count the damage all the same", () => {
    const damaged = new Uint8Array(dzg);
    damaged[dzg.length - 1]! ^= 1;
    expect(heard({}, damaged)).toEqual(["checksum"]);
    expect(heard({ salvage: true }, damaged)).toEqual(["checksum", [35624]]);
  });
});

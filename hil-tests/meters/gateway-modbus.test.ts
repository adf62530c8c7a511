import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decimalText } from "../../protocols/decimal.ts";
import { modbusMap } from "../../protocols/modbus-maps/index.ts";
import { House, patience } from "../bad-input/house.ts";
import { has, until } from "../programs.ts";
import { ModbusBus } from "./modbus-bus.ts";
import { plugRtu } from "./modbus-plug.ts";
import { MapUnit } from "./modbus-unit.ts";
import { Plug } from "./plug.ts";

/** Modbus meters directly on the gateway: the built gateway, two units on one pseudo-terminal, a file as the city. */

let ends: (() => unknown)[] = [];

beforeEach(() => {
  ends = [];
});

afterEach(async () => {
  for (const end of ends.reverse()) {
    await end();
  }
});

/** What the records' file says of a channel: its values in their order. */
function valuesOf(house: House, channel: string): string[] {
  let text = "";
  try {
    text = readFileSync(join(house.folder, "records.ndjson"), "utf8");
  } catch {
    // nothing has come yet
  }
  const value = /"v":(-?[0-9.]+)/;
  return text
    .split("\n")
    .flatMap((line) => line.split("},{"))
    .filter((record) => record.includes(`${channel}"`) && value.test(record))
    .map((record) => value.exec(record)![1]!);
}

describe.skipIf(!has("socat"))("two Modbus meters on one line of the gateway (skipped without socat)", () => {
  it("are read one after the other, each exactly and as a device of its own", {
    timeout: 120_000,
  }, async () => {
    const em340 = new MapUnit(modbusMap("em340")!, { number: 1, seed: 3 });
    const b23 = new MapUnit(modbusMap("abb-b23")!, { number: 2, seed: 3, imported: 5_000_000 });
    const house = await House.open({
      sinks: ["  - { kind: file, name: notebook, path: ./records.ndjson }"],
      lines: [
        "meters:",
        "  - { name: pb-em340, language: modbus, port: ./bus, map: em340, unit: 1, interval: 1 s }",
        "  - { name: pb-b23, language: modbus, port: ./bus, map: abb-b23, unit: 2, baud: 9600, parity: none, interval: 1 s }",
      ],
    });
    ends.push(() => house.close());
    const plug = new Plug(join(house.folder, "bus"));
    ends.push(() => plug.unplug());
    const line = await plug.plug({ baud: 9600 });
    ends.push(plugRtu(new ModbusBus({ 1: em340, 2: b23 }), line));
    await house.start();
    for (const [unit, device] of [
      [em340, "pb-em340"],
      [b23, "pb-b23"],
    ] as const) {
      const row = unit.map.rows.find(({ quantity }) => quantity === "activeEnergyImported")!;
      const channel = `${device}:activeEnergyImported`;
      await until(`${device} has been read`, () => valuesOf(house, channel).length > 2, patience);
      expect(new Set(valuesOf(house, channel))).toEqual(
        new Set([decimalText(unit.steps(row).integer, row.exponent)]),
      );
    }
  });
});

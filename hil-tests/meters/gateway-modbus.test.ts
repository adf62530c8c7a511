import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decimalText } from "../../protocols/decimal.ts";
import { modbusMap } from "../../protocols/modbus-maps/index.ts";
import { House, patience } from "../bad-input/house.ts";
import { endsOfTests } from "../ends.ts";
import { has, until } from "../programs.ts";
import { ModbusBus } from "./modbus-bus.ts";
import { plugRtu, serveTcp } from "./modbus-plug.ts";
import { MapUnit } from "./modbus-unit.ts";
import { Plug } from "./plug.ts";

/** Modbus meters directly on the gateway: the built gateway, two units on one pseudo-terminal, a file as the city. */

const ends = endsOfTests();

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

describe("two Modbus meters behind one TCP address", () => {
  it("are read over one connection, are told as lost in words, and come back", {
    timeout: 120_000,
  }, async () => {
    const em340 = new MapUnit(modbusMap("em340")!, { number: 1, seed: 3 });
    const b23 = new MapUnit(modbusMap("abb-b23")!, { number: 2, seed: 3, imported: 5_000_000 });
    const bus = new ModbusBus({ 1: em340, 2: b23 });
    let server = await serveTcp(bus);
    ends.push(() => server.close());
    const port = `tcp://127.0.0.1:${server.port}`;
    const house = await House.open({
      sinks: ["  - { kind: file, name: notebook, path: ./records.ndjson }"],
      lines: [
        "meters:",
        `  - { name: pb-em340, language: modbus, port: "${port}", map: em340, unit: 1, interval: 1 s }`,
        `  - { name: pb-b23, language: modbus, port: "${port}", map: abb-b23, unit: 2, interval: 1 s }`,
      ],
    });
    ends.push(() => house.close());
    const gateway = await house.start();
    const channels = ["pb-em340", "pb-b23"].map((device) => `${device}:activeEnergyImported`);
    const readAgain = async (): Promise<void> => {
      const before = channels.map((channel) => valuesOf(house, channel).length);
      await until(
        "both have been read",
        () => channels.every((channel, i) => valuesOf(house, channel).length > before[i]! + 2),
        patience,
      );
    };
    await readAgain();
    await server.close();
    await until(
      "the loss is told",
      () => gateway.events().some((event) => event.includes("refuses the connection")),
      patience,
    );
    server = await serveTcp(bus, server.port);
    await readAgain();
    for (const [i, unit] of [em340, b23].entries()) {
      const row = unit.map.rows.find(({ quantity }) => quantity === "activeEnergyImported")!;
      const exact = decimalText(unit.steps(row).integer, row.exponent);
      expect(new Set(valuesOf(house, channels[i]!))).toEqual(new Set([exact]));
    }
  });
});

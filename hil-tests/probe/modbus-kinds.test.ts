import { describe, expect, it } from "vitest";
import { modbusMaps } from "../../protocols/modbus-maps/index.ts";
import { plain } from "../../scripts/probe/setting.ts";
import { ModbusBus } from "../meters/modbus-bus.ts";
import { MapUnit, type ModbusUnit } from "../meters/modbus-unit.ts";
import { modelWith, SunspecUnit, words } from "../meters/sunspec-unit.ts";
import { probeSource, type Source } from "./world.ts";

/** A unit at 9600 8N1. */
function onLine(unit: ModbusUnit): Source {
  const bus = new ModbusBus({ 1: unit });
  return {
    push: () => [],
    answer: (bytes, setting, now) =>
      setting.baud === 9600 && setting.parity === "none"
        ? bus.receive(bytes).map((piece) => ({ at: now + 20 + piece.after, setting, bytes: piece.bytes }))
        : [],
  };
}

describe("a probe of a Modbus unit", () => {
  it.each(modbusMaps.map((map) => [map.name, map] as const))(
    "names the map of %s, by what it says or by what its registers look like, and reads it",
    (name, map) => {
      const { found, ms } = probeSource(onLine(new MapUnit(map, { number: 1, seed: 3 })), { seed: 5 });
      expect(found).toMatchObject({ language: "modbus", setting: plain(9600), unit: 1 });
      expect(found?.kind).toEqual({ map: name, sure: map.identity !== null, models: [] });
      const energy = found!.telegram!.readings.find(({ obis }) => obis.startsWith("1-0:1.8.0"));
      expect(energy?.unit).toBe("Wh");
      expect(ms).toBeLessThan(30_000);
    },
  );

  it("names the models of one that speaks SunSpec", () => {
    const common = modelWith(1, 66, { 50: words("SN-1", 16) });
    const inverter = modelWith(103, 50, { 14: [1500, 0], 16: [4998, -2], 24: [0, 5000, 0] });
    const { found } = probeSource(onLine(new SunspecUnit(40000, [common, inverter])), { seed: 2 });
    expect(found?.kind).toEqual({ map: "sunspec", sure: true, models: [1, 103] });
    expect(found?.telegram?.meter).toBe("SN-1");
  });

  it("names no map for a unit whose registers hold anything else, or that refuses them", () => {
    const random: ModbusUnit = {
      read: (_table, address, count) =>
        Uint8Array.from({ length: 2 * count }, (_, i) => address * 31 + i * 7),
    };
    const refusing: ModbusUnit = { read: () => 2 };
    for (const unit of [random, refusing]) {
      const { found } = probeSource(onLine(unit), { seed: 4 });
      expect(found).toMatchObject({ language: "modbus", unit: 1, kind: null, telegram: null });
    }
  });
});

import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { drivers } from "../../firmware/drivers/index.ts";
import type { InstalledSensor } from "../../firmware/installation-type.ts";
import { modbusMaps } from "../../protocols/modbus-maps/index.ts";
import { quantityNames } from "../../protocols/quantity.ts";
import { sourceRoot } from "../source-root.ts";
import { carriedParts } from "./carried-parts.ts";

function installed(driver: string, options: InstalledSensor["options"]): InstalledSensor {
  return { driver, port: "Serial2", interval: null, deadBands: [], heartbeat: 900_000, options };
}

/** What the tables hold in a bundle for these sensors, and the bundle. */
async function carried(...sensors: InstalledSensor[]) {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { modbusMap, modbusMaps } from "./protocols/modbus-maps/index.ts";
        import { quantityNames } from "./protocols/quantity.ts";
        import { modbusUnit } from "./firmware/modbus-unit.ts";
        result = [modbusMaps.map((map) => map.name), quantityNames, modbusMap("sdm120"), typeof modbusUnit];`,
      loader: "ts",
      resolveDir: sourceRoot(),
    },
    bundle: true,
    write: false,
    format: "iife",
    tsconfigRaw: {},
    plugins: [carriedParts({ installation: { sensors }, drivers })],
  });
  const code = outputFiles[0]?.text ?? "";
  const [maps, quantities] = new Function(`let result; ${code}; return result;`)() as [string[], string[]];
  return { maps, quantities, code };
}

describe("what a board carries of tables", () => {
  it.each(modbusMaps.map((map) => [map.name, map] as const))(
    "is of the maps %s alone where its meter is one, with what that measures",
    async (name, map) => {
      const { maps, quantities, code } = await carried(installed("modbus-meter", { map: name }));
      expect(maps).toEqual([name]);
      expect(new Set(quantities)).toEqual(
        new Set(map.rows.concat(map.optional).map(({ quantity }) => quantity)),
      );
      expect(code).not.toContain("SunspecMeter");
      const others = modbusMaps.filter((other) => other.title !== map.title);
      expect(others.filter(({ title }) => code.includes(title) && !code.includes(map.title))).toEqual([]);
    },
  );

  it("is of two meters both maps, and of other sensors what they measure", async () => {
    const { maps, quantities } = await carried(
      installed("modbus-meter", { map: "sdm120" }),
      installed("modbus-meter", { map: "em340" }),
      installed("sht31", { address: 68 }),
    );
    expect(maps).toEqual(["em340", "sdm120"]);
    expect(quantities).toContain("temperature");
    expect(quantities).not.toContain("distance");
  });

  it("is the whole table of quantities where a sensor measures what nobody knows yet", async () => {
    const { maps, quantities } = await carried(installed("sml-meter", {}));
    expect(maps).toEqual([]);
    expect(quantities).toEqual(quantityNames);
  });
});

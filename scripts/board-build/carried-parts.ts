/** Of tables that everybody else has whole, a board carries only what its installation names. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Plugin } from "esbuild";
import type { Driver } from "../../firmware/driver.ts";
import type { Installation } from "../../firmware/installation-type.ts";
import { modbusMaps } from "../../protocols/modbus-maps/index.ts";
import { sourceRoot } from "../source-root.ts";

interface CarriedOrder {
  readonly installation: Pick<Installation, "sensors">;
  readonly drivers: readonly Driver[];
}

/** Puts the parts for this device in the place of the whole ones. */
export function carriedParts(order: CarriedOrder): Plugin {
  const maps = order.installation.sensors.map(({ options }) => options["map"]);
  const quantities = quantitiesOf(order);
  return {
    name: "carried parts",
    setup: ({ onLoad, onResolve }) => {
      onResolve({ filter: /\/modbus-unit\.ts$/ }, () => ({
        path: resolve(sourceRoot(), "firmware/mapped-modbus-unit.ts"),
      }));
      onLoad({ filter: /\/modbus-maps\/index\.ts$/ }, async ({ path }) => ({
        contents: withMaps(await readFile(path, "utf8"), maps),
        loader: "ts",
        resolveDir: dirname(path),
      }));
      onLoad({ filter: /\/protocols\/quantity\.ts$/ }, async ({ path }) => ({
        contents: withQuantities(await readFile(path, "utf8"), quantities),
        loader: "ts",
        resolveDir: dirname(path),
      }));
    },
  };
}

/** What its sensors measure; null where that is known only from what they send. */
function quantitiesOf({ installation, drivers }: CarriedOrder): ReadonlySet<string> | null {
  const names = new Set<string>();
  for (const { driver, options } of installation.sensors) {
    const columns = drivers.find(({ name }) => name === driver)?.columns(options) ?? null;
    if (columns === null) {
      return null;
    }
    for (const { quantity } of columns) {
      names.add(quantity);
    }
  }
  return names;
}

/** The table of quantities with these rows alone; each is a line there. */
function withQuantities(table: string, names: ReadonlySet<string> | null): string {
  return table.replace(/(?<=export const quantities = \{\n)[\s\S]*?(?=\n\} satisfies)/, (rows) =>
    rows
      .split("\n")
      .filter((line) => {
        const name = /^ {2}(\w+): \w+\(.*\),(?: \/\/.*)?$/.exec(line)?.[1];
        return names === null || name === undefined || names.has(name);
      })
      .join("\n"),
  );
}

/** The registry of maps with these alone: what it then imports in vain, the bundler leaves out. */
function withMaps(registry: string, names: readonly unknown[]): string {
  return registry.replace(/(: readonly ModbusMap\[\] = \[)([^\]]*)\]/, (_, before: string, list: string) => {
    const carried = list
      .split(",")
      .map((constant) => constant.trim())
      .filter((_constant, i) => names.includes(modbusMaps[i]?.name));
    return `${before}${carried.join(", ")}]`;
  });
}

import type { ModbusMap } from "../modbus-map.ts";
import { abbB23 } from "./abb-b23.ts";
import { em24 } from "./em24.ts";
import { em340 } from "./em340.ts";
import { finder7m24, finder7m38 } from "./finder-7m.ts";
import { iem3155 } from "./iem3155.ts";
import { pac2200 } from "./pac2200.ts";
import { sdm120 } from "./sdm120.ts";
import { sdm630 } from "./sdm630.ts";
import { umg96 } from "./umg96.ts";

/** The meters whose registers are known here, by name, alphabetical; one line each. */
export const modbusMaps: readonly ModbusMap[] = [
  abbB23,
  em24,
  em340,
  finder7m24,
  finder7m38,
  iem3155,
  pac2200,
  sdm120,
  sdm630,
  umg96,
];

/** The map of a name that came from a config or a command line; null where there is none. */
export function modbusMap(name: string): ModbusMap | null {
  const found = modbusMaps.filter((map) => map.name === name);
  return found.length === 0 ? null : found[0];
}

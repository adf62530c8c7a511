import { bthome } from "./bthome.ts";
import { d0 } from "./d0.ts";
import { dlms } from "./dlms.ts";
import { dsmr } from "./dsmr.ts";
import { mbus } from "./mbus.ts";
import type { MeterLanguage } from "./meter.ts";
import { modbus } from "./modbus.ts";
import { ruuvi } from "./ruuvi.ts";
import { sml } from "./sml.ts";
import { wmbus } from "./wmbus.ts";

/** The meter languages by name, alphabetical; one line each. */
export const meterLanguages: readonly MeterLanguage[] = [
  bthome,
  d0,
  dlms,
  dsmr,
  mbus,
  modbus,
  ruuvi,
  sml,
  wmbus,
];

/** The language of a name that came from a config or a command line; null where there is none. */
export function meterLanguage(name: string): MeterLanguage | null {
  const found = meterLanguages.filter((language) => language.name === name);
  return found.length === 0 ? null : found[0];
}

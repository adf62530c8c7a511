import { tps110 } from "./bosch.ts";
import type { LorawanCodec } from "./codec.ts";
import { dlIam, dlMbx, dlPm, dlSht35 } from "./decentlab.ts";
import { ldds75, lse01 } from "./dragino.ts";
import { elsys } from "./elsys.ts";
import { em300, em500 } from "./milesight.ts";

/** The LoRaWAN devices by name, alphabetical; one line each. */
export const lorawanCodecs: readonly LorawanCodec[] = [
  tps110,
  dlIam,
  dlMbx,
  dlPm,
  dlSht35,
  ldds75,
  lse01,
  elsys,
  em300,
  em500,
];

/** The codec of a name that came from a config or a command line; null where there is none. */
export function lorawanCodec(name: string): LorawanCodec | null {
  const found = lorawanCodecs.filter((codec) => codec.name === name);
  return found.length === 0 ? null : found[0];
}

/** The languages of meters directly on the gateway, one line each, alphabetical. */
import { definition as bthome } from "./bthome.ts";
import { definition as d0 } from "./d0.ts";
import { definition as dlms } from "./dlms.ts";
import { definition as dsmr } from "./dsmr.ts";
import { definition as lorawan } from "./lorawan.ts";
import { definition as mbus } from "./mbus.ts";
import { definition as modbus } from "./modbus.ts";
import { definition as ruuvi } from "./ruuvi.ts";
import { definition as sml } from "./sml.ts";
import { definition as wmbus } from "./wmbus.ts";

export const meterKinds = [bthome, d0, dlms, dsmr, lorawan, mbus, modbus, ruuvi, sml, wmbus] as const;

import type { Driver } from "../driver.ts";
import { a02yyuw } from "./a02yyuw.ts";
import { analogInput } from "./analog-input.ts";
import { d0AskedMeter } from "./d0-asked-meter.ts";
import { d0Meter } from "./d0-meter.ts";
import { dlmsMeter } from "./dlms-meter.ts";
import { dsmrMeter } from "./dsmr-meter.ts";
import { mbusMeter } from "./mbus-meter.ts";
import { modbusMeter } from "./modbus-meter.ts";
import { pmsx003 } from "./pmsx003.ts";
import { s0Meter } from "./s0-meter.ts";
import { sht31 } from "./sht31.ts";
import { smlMeter } from "./sml-meter.ts";
import { wmbusMeter } from "./wmbus-meter.ts";

/** The sensors and meters this firmware knows, by name; one line each. */
export const drivers: readonly Driver[] = [
  a02yyuw,
  analogInput,
  d0AskedMeter,
  d0Meter,
  dlmsMeter,
  dsmrMeter,
  mbusMeter,
  modbusMeter,
  pmsx003,
  s0Meter,
  sht31,
  smlMeter,
  wmbusMeter,
];

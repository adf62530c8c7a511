/** One simulator per meter language, one line each, alphabetical. */
import { d0Simulator } from "./d0-meter.ts";
import { dlmsSimulator } from "./dlms-meter.ts";
import { dsmrSimulator } from "./dsmr-meter.ts";
import { mbusSimulator } from "./mbus-meter.ts";
import { modbusSimulator } from "./modbus-simulator.ts";
import type { Simulator } from "./simulator.ts";
import { smlSimulator } from "./sml-meter.ts";
import { wmbusSimulator } from "./wmbus-meter.ts";

export const simulators: readonly Simulator[] = [
  d0Simulator,
  dlmsSimulator,
  dsmrSimulator,
  mbusSimulator,
  modbusSimulator,
  smlSimulator,
  wmbusSimulator,
];

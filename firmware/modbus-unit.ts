import type { ModbusMap } from "../protocols/modbus-map.ts";
import { MapMeter } from "../protocols/modbus-map-meter.ts";
import type { ModbusMeter } from "../protocols/modbus-session.ts";
import { SunspecMeter } from "../protocols/sunspec.ts";

/**
 * What reads a unit by its map, or asks it what it is where there is none (SunSpec). `hasen build` puts another in its place that reads by maps alone
 * (scripts/board-build/carried-parts.ts): a board's columns are known when it is built.
 */
export function modbusUnit(unit: number, map: ModbusMap | null): ModbusMeter {
  return map === null ? new SunspecMeter(unit) : new MapMeter(unit, map);
}

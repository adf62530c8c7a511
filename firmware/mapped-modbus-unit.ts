import type { ModbusMap } from "../protocols/modbus-map.ts";
import { MapMeter } from "../protocols/modbus-map-meter.ts";
import type { ModbusMeter } from "../protocols/modbus-session.ts";

/** modbus-unit.ts for boards: `hasen build` refuses a meter without a map. */
export function modbusUnit(unit: number, map: ModbusMap): ModbusMeter {
  return new MapMeter(unit, map);
}

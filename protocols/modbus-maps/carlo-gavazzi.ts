import { type ModbusMap, register } from "../modbus-map.ts";

/** What the EM24-DIN and the EM340 have at the same addresses; their documents are named in their own files. */
export const carloGavazziRows: ModbusMap["rows"] = [
  register(0x00, "s32", "voltageL1", -1),
  register(0x02, "s32", "voltageL2", -1),
  register(0x04, "s32", "voltageL3", -1),
  register(0x0c, "s32", "currentL1", -3),
  register(0x0e, "s32", "currentL2", -3),
  register(0x10, "s32", "currentL3", -3),
  register(0x12, "s32", "activePowerL1", -1),
  register(0x14, "s32", "activePowerL2", -1),
  register(0x16, "s32", "activePowerL3", -1),
  register(0x28, "s32", "activePower", -1),
];

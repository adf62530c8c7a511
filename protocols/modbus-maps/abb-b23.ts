import { type ModbusMap, register } from "../modbus-map.ts";

/** Three phases; B24 and, with L2 and L3 missing, B21 alike. Energies are 64 bits wide and count in 10 Wh. */
export const abbB23: ModbusMap = {
  name: "abb-b23",
  title: "ABB B23",
  sources: [
    "ABB: B23/B24 User Manual 2CMC485003M0201, chapter Communication with Modbus, mapping tables (known here through the next two)",
    "same addresses, scales and marks in Victron's dbus-modbus-client (abb.py) and mbmd (abb)",
    "the manual names no factory setting of the line: look at the meter's display",
  ],
  line: { baud: 19200, dataBits: 8, parity: "even", stopBits: 1 },
  table: "holding",
  words: "high-first",
  limits: { countMax: 125, gapMax: 30, holes: [] }, // any block of 1000h to 8eff is answered
  serial: { span: { table: "holding", address: 0x8900, count: 2 }, type: "u32" },
  identity: null,
  missing: "highest",
  rows: [
    register(0x5000, "u64", "activeEnergyImported", 1),
    register(0x5004, "u64", "activeEnergyExported", 1),
    register(0x5b00, "u32", "voltageL1", -1),
    register(0x5b02, "u32", "voltageL2", -1),
    register(0x5b04, "u32", "voltageL3", -1),
    register(0x5b0c, "u32", "currentL1", -2),
    register(0x5b0e, "u32", "currentL2", -2),
    register(0x5b10, "u32", "currentL3", -2),
    register(0x5b14, "s32", "activePower", -2),
    register(0x5b16, "s32", "activePowerL1", -2),
    register(0x5b18, "s32", "activePowerL2", -2),
    register(0x5b1a, "s32", "activePowerL3", -2),
    register(0x5b2c, "u16", "frequency", -2),
  ],
  optional: [],
};

import { type ModbusMap, register } from "../modbus-map.ts";

/** Eastron SDM120-Modbus, one phase. Every value is a single of two input registers. */
export const sdm120: ModbusMap = {
  name: "sdm120",
  title: "Eastron SDM120",
  sources: [
    "Eastron SDM120 Modbus protocol V2.4, input registers",
    "compared with volkszaehler/mbmd (sdm120.go) and OpenEMS (MeterEastronSdm120Impl)",
  ],
  line: { baud: 2400, dataBits: 8, parity: "none", stopBits: 1 },
  table: "input",
  words: "high-first",
  limits: { countMax: 80, gapMax: 10, holes: [] },
  serial: { span: { table: "holding", address: 0xfc00, count: 2 }, type: "u32" },
  highestIsNone: false,
  rows: [
    register(0x00, "float32", "voltageL1", 0),
    register(0x06, "float32", "currentL1", 0),
    register(0x0c, "float32", "activePower", 0),
    register(0x46, "float32", "frequency", 0),
    register(0x48, "float32", "activeEnergyImported", 3),
    register(0x4a, "float32", "activeEnergyExported", 3),
  ],
};

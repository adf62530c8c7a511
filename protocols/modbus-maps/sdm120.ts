import { type ModbusMap, register } from "../modbus-map.ts";

/** One phase. Every value is a single in two input registers. */
export const sdm120: ModbusMap = {
  name: "sdm120",
  title: "Eastron SDM120-Modbus",
  sources: [
    "Eastron: SDM120-Modbus Smart Meter Modbus Protocol Implementation V2.4, input registers; serial number: holding 464513",
    "same addresses in OpenEMS (MeterEastronSdm120) and mbmd (sdm120)",
  ],
  line: { baud: 2400, dataBits: 8, parity: "none", stopBits: 1 },
  table: "input",
  words: "high-first",
  limits: { countMax: 80, gapMax: 10, holes: [] }, // 40 values; at 2400 baud a gap costs more than a request
  serial: { span: { table: "holding", address: 0xfc00, count: 2 }, type: "u32" },
  identity: null,
  missing: "unmarked",
  rows: [
    register(0x00, "float32", "voltageL1", 0),
    register(0x06, "float32", "currentL1", 0),
    register(0x0c, "float32", "activePower", 0),
    register(0x46, "float32", "frequency", 0),
    register(0x48, "float32", "activeEnergyImported", 3),
    register(0x4a, "float32", "activeEnergyExported", 3),
  ],
  optional: [],
};

import { type ModbusMap, register } from "../modbus-map.ts";

/** Three phases. Every value is a single in two input registers. */
export const sdm630: ModbusMap = {
  name: "sdm630",
  title: "Eastron SDM630-Modbus",
  sources: [
    "Eastron: SDM630Modbus Smart Meter Modbus Protocol Implementation V1.7, §1.2 input registers, §1.1 no more than 40 values a request",
    "same addresses in OpenEMS (MeterEastronSdm630) and mbmd (sdm)",
    "what it is: 0070h in holding register fc02h (Eastron's protocol, as a public reader of the SDM630 cites it)",
  ],
  line: { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  table: "input",
  words: "high-first",
  limits: { countMax: 80, gapMax: 40, holes: [] },
  serial: { span: { table: "holding", address: 0xfc00, count: 2 }, type: "u32" },
  identity: { span: { table: "holding", address: 0xfc02, count: 1 }, is: { least: 0x70, most: 0x70 } },
  missing: "unmarked",
  rows: [
    register(0x00, "float32", "voltageL1", 0),
    register(0x02, "float32", "voltageL2", 0),
    register(0x04, "float32", "voltageL3", 0),
    register(0x06, "float32", "currentL1", 0),
    register(0x08, "float32", "currentL2", 0),
    register(0x0a, "float32", "currentL3", 0),
    register(0x0c, "float32", "activePowerL1", 0),
    register(0x0e, "float32", "activePowerL2", 0),
    register(0x10, "float32", "activePowerL3", 0),
    register(0x34, "float32", "activePower", 0),
    register(0x46, "float32", "frequency", 0),
    register(0x48, "float32", "activeEnergyImported", 3),
    register(0x4a, "float32", "activeEnergyExported", 3),
  ],
  optional: [],
};

import { type ModbusMap, register } from "../modbus-map.ts";

/** Three phases. Powers and the like are singles, energies doubles, per tariff: 801 and 809 are those of the first. Reads that cut a value are refused. */
export const pac2200: ModbusMap = {
  name: "pac2200",
  title: "Siemens SENTRON PAC2200",
  sources: [
    "Siemens: PAC2200 Manual 05/2018 L1V30415167B-02, appendix A.1.3, table A-3 (1 to 33: voltages, currents, powers by phase; reads that cut a value are refused); §6.3 (line, unit 126)",
    "total power and energies alike in OpenEMS (MeterSiemensPac2200) and mbmd (pac2200)",
    "frequency: 55 in a nymea plug-in and in two public register lists for 7KM2200; mbmd's 46 would cut a value",
    "what it is: the order number as text in 64002 to 64011 (the same manual, table A-11)",
  ],
  line: { baud: 19200, dataBits: 8, parity: "none", stopBits: 2 },
  table: "holding",
  words: "high-first",
  limits: { countMax: 125, gapMax: 8, holes: [] },
  serial: null,
  identity: { span: { table: "holding", address: 64002, count: 10 }, is: { text: "7KM22" } },
  missing: "unmarked",
  rows: [
    register(1, "float32", "voltageL1", 0),
    register(3, "float32", "voltageL2", 0),
    register(5, "float32", "voltageL3", 0),
    register(13, "float32", "currentL1", 0),
    register(15, "float32", "currentL2", 0),
    register(17, "float32", "currentL3", 0),
    register(25, "float32", "activePowerL1", 0),
    register(27, "float32", "activePowerL2", 0),
    register(29, "float32", "activePowerL3", 0),
    register(55, "float32", "frequency", 0),
    register(65, "float32", "activePower", 0),
    register(801, "float64", "activeEnergyImported", 0),
    register(809, "float64", "activeEnergyExported", 0),
  ],
  optional: [],
};

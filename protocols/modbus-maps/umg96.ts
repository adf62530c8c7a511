import { type ModbusMap, register } from "../modbus-map.ts";

/**
 * Three phases behind transformers. Every value is a single; energies in Wh, so that from 16.8 MWh on they count in steps of 2 Wh and more.
 * 19068 is called "consumed, rate 1" by the maker: with a second tariff it is not all.
 */
export const umg96: ModbusMap = {
  name: "umg96",
  title: "Janitza UMG 96RM",
  sources: [
    "Janitza: UMG 96 RM Modbus-address list and Formulary 1.040.034.n, table of frequently required readings, 19000 to 19120; Transfer parameters (line)",
    "same addresses in OpenEMS (MeterJanitzaUmg96rme) and mbmd (janitza)",
  ],
  line: { baud: 115200, dataBits: 8, parity: "none", stopBits: 2 },
  table: "holding",
  words: "high-first",
  limits: { countMax: 125, gapMax: 30, holes: [] },
  serial: null,
  identity: null,
  missing: "unmarked",
  rows: [
    register(19000, "float32", "voltageL1", 0),
    register(19002, "float32", "voltageL2", 0),
    register(19004, "float32", "voltageL3", 0),
    register(19012, "float32", "currentL1", 0),
    register(19014, "float32", "currentL2", 0),
    register(19016, "float32", "currentL3", 0),
    register(19020, "float32", "activePowerL1", 0),
    register(19022, "float32", "activePowerL2", 0),
    register(19024, "float32", "activePowerL3", 0),
    register(19026, "float32", "activePower", 0),
    register(19050, "float32", "frequency", 0),
    register(19068, "float32", "activeEnergyImported", 0),
    register(19076, "float32", "activeEnergyExported", 0),
  ],
  optional: [],
};

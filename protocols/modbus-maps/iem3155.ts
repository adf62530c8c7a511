import { type ModbusMap, register } from "../modbus-map.ts";

/**
 * Three phases; iEM3150 to iEM3555 alike, as far as they have the registers. The manual's numbers are one more than what goes over the wire.
 * Energies are 64 bits of Wh, powers are singles of kW.
 */
export const iem3155: ModbusMap = {
  name: "iem3155",
  title: "Schneider iEM3155",
  sources: [
    "Schneider Electric: iEM3100/3200/3300 series User Manual DOCA0005EN, Modbus register list (known here through the next)",
    "same addresses in mbmd (iem3000) and in a register list that was read from an iEM3155 with firmware 14002 (mbmap)",
    "what it is: the model as text in 49 to 68 (Schneider's register lists; a public reader of the iEM3155)",
  ],
  line: { baud: 19200, dataBits: 8, parity: "even", stopBits: 1 },
  table: "holding",
  words: "high-first",
  limits: { countMax: 125, gapMax: 12, holes: [] },
  serial: { span: { table: "holding", address: 129, count: 2 }, type: "u32" },
  identity: { span: { table: "holding", address: 49, count: 20 }, is: { text: "iEM3" } },
  missing: "lowest-signed",
  rows: [
    register(2999, "float32", "currentL1", 0),
    register(3001, "float32", "currentL2", 0),
    register(3003, "float32", "currentL3", 0),
    register(3027, "float32", "voltageL1", 0),
    register(3029, "float32", "voltageL2", 0),
    register(3031, "float32", "voltageL3", 0),
    register(3053, "float32", "activePowerL1", 3),
    register(3055, "float32", "activePowerL2", 3),
    register(3057, "float32", "activePowerL3", 3),
    register(3059, "float32", "activePower", 3),
    register(3109, "float32", "frequency", 0),
    register(3203, "s64", "activeEnergyImported", 0),
    register(3207, "s64", "activeEnergyExported", 0),
  ],
  optional: [],
};

import { type ModbusMap, type RegisterRow, register, scaledRegister } from "../modbus-map.ts";

/** Counters E1 and E2 count import and export under the MID: whole numbers with a power of ten each. The rest is in singles. */
const common: readonly RegisterRow[] = [
  scaledRegister(406, "s32", "activeEnergyImported", 401),
  scaledRegister(408, "s32", "activeEnergyExported", 402),
  register(2500, "float32", "voltageL1", 0),
  register(2516, "float32", "currentL1", 0),
  register(2536, "float32", "activePower", 0),
  register(2498, "float32", "frequency", 0),
];

/** One phase. */
export const finder7m24 = finder7m("finder-7m24", "Finder 7M.24", common);

/** Three phases. */
export const finder7m38 = finder7m(
  "finder-7m38",
  "Finder 7M.38",
  common.concat([
    register(2502, "float32", "voltageL2", 0),
    register(2504, "float32", "voltageL3", 0),
    register(2518, "float32", "currentL2", 0),
    register(2520, "float32", "currentL3", 0),
    register(2530, "float32", "activePowerL1", 0),
    register(2532, "float32", "activePowerL2", 0),
    register(2534, "float32", "activePowerL3", 0),
  ]),
);

function finder7m(name: string, title: string, rows: readonly RegisterRow[]): ModbusMap {
  return {
    name: name,
    title: title,
    sources: [
      "Finder: Modbus communication protocol 7M24 - 7M38 v2 (30-06-2021); instruction sheet IB7M24 (line, unit 33) (known here through the next two)",
      "energies and serial number: Finder's own library for the Opta (Finder7M.h: 401, 402, 406, 408, 9)",
      "singles from 2500 on: mbmd (finder7m24, finder7m38); voltages from 2500, currents from 2516 and powers from 2530 alike in two Home Assistant integrations' lists (modbus_local_gateway, tried with both meters; modbus_connect, held against the maker's document)",
      "total power: 2536 also in SmartEVSE's list of meters",
      "frequency: 2498 in both integrations' lists, in front of the voltages as in the maker's integers (105, 107 on); mbmd has 2584",
    ],
    line: { baud: 19200, dataBits: 8, parity: "none", stopBits: 2 },
    table: "input",
    words: "high-first",
    limits: { countMax: 125, gapMax: 20, holes: [] },
    serial: { span: { table: "input", address: 9, count: 4 }, type: "text" },
    identity: null,
    missing: "unmarked",
    rows: rows,
    optional: [],
  };
}

import { type ModbusMap, register } from "../modbus-map.ts";
import { carloGavazziRows } from "./carlo-gavazzi.ts";

/** Three phases; EM330, ET330, ET340 and the EM24 with Ethernet alike. Low words come first; 7fffffff is beyond its range. */
export const em340: ModbusMap = {
  name: "em340",
  title: "Carlo Gavazzi EM340",
  sources: [
    "Carlo Gavazzi: EM300 Series and ET300 Series Communication Protocol V2 R9, table 2.4-1; §1.2.1 no more than 50 registers; table 2.8-7 (line); §2.7.9 (serial number)",
    "same addresses in OpenEMS (MeterCarloGavazziEm300) and mbmd (carlogavazzi-ex3x0)",
    "what it is: 000bh says 345 for an EM340 (Victron's dbus-cgwacs); its neighbours by our judgement",
  ],
  line: { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  table: "input",
  words: "low-first",
  limits: { countMax: 50, gapMax: 30, holes: [] },
  serial: { span: { table: "input", address: 0x5000, count: 7 }, type: "text" },
  identity: { span: { table: "input", address: 0x0b, count: 1 }, is: { least: 330, most: 349 } },
  missing: "highest",
  rows: carloGavazziRows.concat([
    register(0x33, "s16", "frequency", -1),
    register(0x34, "s32", "activeEnergyImported", 2),
    register(0x4e, "s32", "activeEnergyExported", 2),
  ]),
  optional: [],
};

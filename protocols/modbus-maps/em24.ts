import { type ModbusMap, register } from "../modbus-map.ts";
import { carloGavazziRows } from "./carlo-gavazzi.ts";

/**
 * Three phases, RS-485 versions (IS, PFA, PFB, X). The Ethernet version has other addresses: those of the EM340. Low words come first.
 * Export is refused by meters whose application does not count it.
 */
export const em24: ModbusMap = {
  name: "em24",
  title: "Carlo Gavazzi EM24-DIN (RS-485)",
  sources: [
    "Carlo Gavazzi: EM24-DIN PFA, PFB & X models Communication Protocol, tables 2.9-7 (line) and 2.9-12 (serial number)",
    "voltages, currents, powers, frequency and export alike in mbmd (carlogavazzi-em24) and a Venus OS module (EM24RTU)",
    "import: 003eh, total, in the Venus OS module and, read from the maker's table, in evcc (pull request 17173); mbmd's 0042h is the partial counter, which people reset",
    "export: 005ch is right, and refused by meters whose application does not count it (evcc, pull request 31736)",
    "what it is: 000bh says 71 to 73 (go-iotdevice's list of Carlo Gavazzi's codes)",
  ],
  line: { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  table: "input",
  words: "low-first",
  limits: { countMax: 11, gapMax: 8, holes: [] },
  serial: { span: { table: "input", address: 0x1300, count: 7 }, type: "text" },
  identity: { span: { table: "input", address: 0x0b, count: 1 }, is: { least: 71, most: 73 } },
  missing: "highest",
  rows: carloGavazziRows.concat([
    register(0x37, "u16", "frequency", -1),
    register(0x3e, "s32", "activeEnergyImported", 2),
  ]),
  optional: [register(0x5c, "s32", "activeEnergyExported", 2)],
};

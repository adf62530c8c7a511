import { type ModbusMap, register } from "../modbus-map.ts";

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
  rows: [
    register(0x00, "s32", "voltageL1", -1),
    register(0x02, "s32", "voltageL2", -1),
    register(0x04, "s32", "voltageL3", -1),
    register(0x0c, "s32", "currentL1", -3),
    register(0x0e, "s32", "currentL2", -3),
    register(0x10, "s32", "currentL3", -3),
    register(0x12, "s32", "activePowerL1", -1),
    register(0x14, "s32", "activePowerL2", -1),
    register(0x16, "s32", "activePowerL3", -1),
    register(0x28, "s32", "activePower", -1),
    register(0x37, "u16", "frequency", -1),
    register(0x3e, "s32", "activeEnergyImported", 2),
  ],
  optional: [register(0x5c, "s32", "activeEnergyExported", 2)],
};

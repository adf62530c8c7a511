import type { Board } from "./board.ts";
import { microbitDrive } from "./flash-steps.ts";

export const microbit2: Board = {
  name: "microbit-2",
  title: "BBC micro:bit 2",
  chip: "nRF52833",
  clock: 64,
  runs: "espruino",
  builds: ["MICROBIT2"],
  memory: 128 * 1024,
  variables: 6000,
  variableBytes: 13,
  storage: 10 * 4096,
  spill: { area: "storage", start: 0x6c000, length: 10 * 4096, page: 4096, endurance: 10_000 },
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: true, network: false },
  crypto: { sha256: "none", aes: "none", ccm: false },
  jit: true,
  flash: microbitDrive,
  sources: [
    { what: "where an outbox may spill to", where: "Espruino 2v29, boards/MICROBIT2.py" },
    { what: "how often its flash may be erased", where: "Nordic nRF52833 PS 1.5, NVMC" },
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/MICROBIT2.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    { what: "native crypto: none", where: "Espruino 2v29, boards/MICROBIT2.py and make/crypto/default.make" },
    { what: "buses", where: "Espruino 2v29, boards/MICROBIT2.py, edge connector" },
  ],
};

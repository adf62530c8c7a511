import type { Board } from "./board.ts";
import { joltDfu } from "./flash-steps.ts";

export const joltJs: Board = {
  name: "jolt-js",
  title: "Espruino Jolt.js",
  chip: "nRF52840",
  clock: 64,
  runs: "espruino",
  builds: ["JOLTJS"],
  memory: 256 * 1024,
  variables: 12000,
  variableBytes: 14,
  storage: 100 * 4096,
  spill: { area: "storage", start: 0x91000, length: 100 * 4096, page: 4096, endurance: 10_000 },
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: true, network: false },
  crypto: { sha256: "none", aes: "none", ccm: false },
  jit: true,
  flash: joltDfu,
  sources: [
    { what: "where an outbox may spill to", where: "Espruino 2v29, boards/JOLTJS.py" },
    { what: "how often its flash may be erased", where: "Nordic nRF52840 PS 1.7, NVMC" },
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/JOLTJS.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    { what: "native crypto: none", where: "Espruino 2v29, boards/JOLTJS.py and make/crypto/default.make" },
    { what: "buses", where: "Espruino 2v29, boards/JOLTJS.py, Qwiic sockets and drivers" },
  ],
};

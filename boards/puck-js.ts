import type { Board } from "./board.ts";
import { puckJsDfu } from "./flash-steps.ts";

export const puckJs: Board = {
  name: "puck-js",
  title: "Espruino Puck.js",
  chip: "nRF52832",
  clock: 64,
  runs: "espruino",
  builds: ["PUCKJS", "PUCKJS_NETWORK"],
  memory: 64 * 1024,
  variables: 2630,
  variableBytes: 13,
  storage: 10 * 4096,
  spill: { area: "storage", start: 0x6c000, length: 10 * 4096, page: 4096, endurance: 10_000 },
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: true, network: false },
  crypto: { sha256: "native", aes: "native", ccm: false },
  jit: true,
  flash: puckJsDfu,
  sources: [
    { what: "where an outbox may spill to", where: "Espruino 2v29, boards/PUCKJS.py" },
    { what: "how often its flash may be erased", where: "Nordic nRF52832 PS 1.4, NVMC" },
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/PUCKJS.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    {
      what: "native crypto: SHA256, AES",
      where: "Espruino 2v29, boards/PUCKJS.py and make/crypto/default.make",
    },
    { what: "buses", where: "espruino.com/Puck.js" },
  ],
};

import type { Board } from "./board.ts";
import { pixlJsDfu } from "./flash-steps.ts";

export const pixlJs: Board = {
  name: "pixl-js",
  title: "Espruino Pixl.js",
  chip: "nRF52832",
  clock: 64,
  runs: "espruino",
  builds: ["PIXLJS"],
  memory: 64 * 1024,
  variables: 2950,
  variableBytes: 13,
  storage: 9 * 4096,
  spill: { area: "storage", start: 0x6d000, length: 9 * 4096, page: 4096, endurance: 10_000 },
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: true, network: false },
  crypto: { sha256: "none", aes: "none", ccm: false },
  jit: true,
  flash: pixlJsDfu,
  sources: [
    { what: "where an outbox may spill to", where: "Espruino 2v29, boards/PIXLJS.py" },
    { what: "how often its flash may be erased", where: "Nordic nRF52832 PS 1.4, NVMC" },
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/PIXLJS.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    {
      what: "native crypto: SHA-1 alone",
      where: "Espruino 2v29, boards/PIXLJS.py and make/crypto/default.make",
    },
    { what: "buses", where: "espruino.com/Pixl.js" },
  ],
};

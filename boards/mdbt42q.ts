import type { Board } from "./board.ts";
import { mdbt42qDfu } from "./flash-steps.ts";

export const mdbt42q: Board = {
  name: "mdbt42q",
  title: "Espruino MDBT42Q module",
  chip: "nRF52832",
  clock: 64,
  runs: "espruino",
  builds: ["MDBT42Q"],
  memory: 64 * 1024,
  variables: 2950,
  variableBytes: 13,
  storage: 10 * 4096,
  spill: { area: "storage", start: 0x6c000, length: 10 * 4096, page: 4096, endurance: 10_000 },
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: true, network: false },
  crypto: { sha256: "native", aes: "none", ccm: false },
  jit: true,
  flash: mdbt42qDfu,
  sources: [
    { what: "where an outbox may spill to", where: "Espruino 2v29, boards/MDBT42Q.py" },
    { what: "how often its flash may be erased", where: "Nordic nRF52832 PS 1.4, NVMC" },
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/MDBT42Q.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    { what: "native crypto: SHA256", where: "Espruino 2v29, boards/MDBT42Q.py and make/crypto/default.make" },
    { what: "buses", where: "espruino.com/MDBT42Q" },
  ],
};

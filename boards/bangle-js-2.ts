import type { Board } from "./board.ts";
import { bangleDfu } from "./flash-steps.ts";

export const bangleJs2: Board = {
  name: "bangle-js-2",
  title: "Bangle.js 2",
  chip: "nRF52840",
  clock: 64,
  runs: "espruino",
  builds: ["BANGLEJS2"],
  memory: 256 * 1024,
  variables: 12000,
  variableBytes: 14,
  storage: 2048 * 4096,
  spill: { area: "storage", start: 0x60000000, length: 2048 * 4096, page: 4096, endurance: 100_000 },
  buses: { i2c: false, uart: false, analog: false, pulse: false, ble: true, network: false },
  crypto: { sha256: "native", aes: "none", ccm: true },
  jit: true,
  flash: bangleDfu,
  sources: [
    { what: "where an outbox may spill to", where: "Espruino 2v29, boards/BANGLEJS2.py" },
    { what: "how often its flash may be erased", where: "GigaDevice GD25Q64, features" },
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/BANGLEJS2.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    {
      what: "native crypto: SHA256, AES_CCM (which brings no AES.encrypt)",
      where: "Espruino 2v29, boards/BANGLEJS2.py and make/crypto/default.make",
    },
    { what: "buses", where: "espruino.com/Bangle.js2: a closed watch, no bus is brought out" },
  ],
};

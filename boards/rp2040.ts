import type { Board } from "./board.ts";
import { rp2040Uf2 } from "./flash-steps.ts";

export const rp2040: Board = {
  name: "rp2040",
  title: "Raspberry Pi Pico (RP2040)",
  chip: "RP2040",
  clock: 133,
  runs: "espruino",
  builds: ["RP2040_PICO"],
  memory: 264 * 1024,
  variables: 12000,
  variableBytes: 14,
  storage: 64 * 4096,
  spill: { area: "storage", start: 0x101c0000, length: 64 * 4096, page: 4096, endurance: 100_000 },
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: false, network: false },
  crypto: { sha256: "none", aes: "none", ccm: false },
  jit: false,
  flash: rp2040Uf2,
  sources: [
    { what: "where an outbox may spill to", where: "Espruino 2v29, boards/RP2040_PICO.py" },
    { what: "how often its flash may be erased", where: "Winbond W25Q16JV, features" },
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/RP2040_PICO.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    {
      what: "native crypto: none",
      where: "Espruino 2v29, boards/RP2040_PICO.py and make/crypto/default.make",
    },
    { what: "buses", where: "Espruino 2v29, targets/rp2xxx/jshardware.c" },
  ],
};

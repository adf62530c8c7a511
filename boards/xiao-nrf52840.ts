import type { Board } from "./board.ts";
import { xiaoUf2 } from "./flash-steps.ts";

export const xiaoNrf52840: Board = {
  name: "xiao-nrf52840",
  title: "Seeed XIAO nRF52840",
  chip: "nRF52840",
  clock: 64,
  runs: "espruino",
  builds: ["XIAOBLE"],
  memory: 256 * 1024,
  variables: 14000,
  variableBytes: 14,
  storage: 512 * 4096,
  spill: { area: "storage", start: 0x60000000, length: 512 * 4096, page: 4096, endurance: 100_000 },
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: true, network: false },
  crypto: { sha256: "native", aes: "none", ccm: true },
  jit: true,
  flash: xiaoUf2,
  sources: [
    { what: "where an outbox may spill to", where: "Espruino 2v29, boards/XIAOBLE.py" },
    { what: "how often its flash may be erased", where: "Puya P25Q16H, features" },
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/XIAOBLE.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    {
      what: "native crypto: SHA256, AES_CCM (which brings no AES.encrypt)",
      where: "Espruino 2v29, boards/XIAOBLE.py and make/crypto/default.make",
    },
    { what: "buses", where: "Espruino 2v29, boards/XIAOBLE.py" },
  ],
};

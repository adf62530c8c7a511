import type { Board } from "./board.ts";
import { stm32 } from "./flash-steps.ts";

export const espruinoPico: Board = {
  name: "espruino-pico",
  title: "Espruino Pico",
  chip: "STM32F401CD",
  clock: 84,
  runs: "espruino",
  builds: ["PICO_R1_3"],
  memory: 96 * 1024,
  variables: 5100,
  variableBytes: 13,
  storage: 3 * 16384,
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: false, network: false },
  crypto: { sha256: "native", aes: "native", ccm: false },
  jit: true,
  deepSleep: true,
  flash: stm32,
  sources: [
    { what: "deep sleep", where: "Espruino 2v29, src/jswrap_interactive.c (setDeepSleep)" },
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/PICO_R1_3.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    {
      what: "native crypto: SHA256, TLS (which brings AES)",
      where: "Espruino 2v29, boards/PICO_R1_3.py and make/crypto/default.make",
    },
    { what: "buses", where: "espruino.com/Pico" },
  ],
};

import type { Board } from "./board.ts";
import { stm32 } from "./flash-steps.ts";

export const espruinoWifi: Board = {
  name: "espruino-wifi",
  title: "Espruino WiFi",
  chip: "STM32F411CE",
  clock: 100,
  runs: "espruino",
  builds: ["ESPRUINOWIFI"],
  memory: 128 * 1024,
  variables: 8190,
  variableBytes: 13,
  storage: 65536,
  spill: { area: "free", start: 0x08004000, length: 3 * 16384, page: 16_384, endurance: 10_000 },
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: false, network: true },
  crypto: { sha256: "native", aes: "native", ccm: false },
  jit: true,
  deepSleep: true,
  flash: stm32,
  sources: [
    { what: "deep sleep", where: "Espruino 2v29, src/jswrap_interactive.c (setDeepSleep)" },
    { what: "where an outbox may spill to", where: "Espruino 2v29, targets/stm32/jshardware.c" },
    {
      what: "how often its flash may be erased",
      where: "ST STM32F411xC/E datasheet, flash memory endurance",
    },
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/ESPRUINOWIFI.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    {
      what: "native crypto: SHA256, TLS (which brings AES)",
      where: "Espruino 2v29, boards/ESPRUINOWIFI.py and make/crypto/default.make",
    },
    { what: "buses", where: "espruino.com/EspruinoWiFi" },
  ],
};

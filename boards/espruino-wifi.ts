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
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: false, network: true },
  crypto: { sha256: "native", aes: "native", ccm: false },
  jit: true,
  flash: stm32,
  sources: [
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/ESPRUINOWIFI.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    {
      what: "native crypto: SHA256, TLS (which brings AES)",
      where: "Espruino 2v29, boards/ESPRUINOWIFI.py and make/crypto/default.make",
    },
    { what: "buses", where: "espruino.com/EspruinoWiFi" },
  ],
};

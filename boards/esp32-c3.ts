import type { Board } from "./board.ts";
import { espRom } from "./flash-steps.ts";

export const esp32C3: Board = {
  name: "esp32-c3",
  title: "ESP32-C3",
  chip: "ESP32-C3",
  clock: 160,
  runs: "espruino",
  builds: ["ESP32C3_IDF4"],
  memory: 400 * 1024,
  variables: 4095,
  variableBytes: 13,
  storage: 224 * 4096,
  spill: { area: "storage", start: 0x320000, length: 224 * 4096, page: 4096, endurance: 100_000 },
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: true, network: true },
  wifi: true,
  crypto: { sha256: "native", aes: "native", ccm: false },
  jit: false,
  flash: espRom,
  sources: [
    { what: "where an outbox may spill to", where: "Espruino 2v29, boards/ESP32C3_IDF4.py" },
    {
      what: "how often its flash may be erased",
      where: "flash chips of Espressif modules, as of Winbond W25Q32JV, features",
    },
    { what: "chip, clock, memory, variables, storage, JIT", where: "Espruino 2v29, boards/ESP32C3_IDF4.py" },
    { what: "bytes of a variable, by their number", where: "Espruino 2v29, src/jsutils.h" },
    {
      what: "native crypto: SHA256, TLS (which brings AES)",
      where: "Espruino 2v29, boards/ESP32C3_IDF4.py and make/crypto/ESP32_IDF4.make",
    },
    { what: "buses", where: "Espruino 2v29, boards/ESP32C3_IDF4.py" },
    { what: "Wi-Fi", where: "Espruino 2v29, libs/network/esp32/jswrap_esp32_network.c" },
  ],
};

import type { Board } from "./board.ts";
import { sdImage } from "./flash-steps.ts";

export const raspberryPi3: Board = {
  name: "raspberry-pi-3",
  title: "Raspberry Pi 3 Model B",
  chip: "BCM2837",
  clock: 1200,
  runs: "node",
  memory: 1024 * 1024 * 1024,
  variables: 0,
  variableBytes: 0,
  storage: 0,
  buses: { i2c: true, uart: true, analog: false, pulse: true, ble: true, network: true },
  crypto: { sha256: "native", aes: "native", ccm: true },
  jit: true,
  flash: sdImage,
  sources: [
    {
      what: "chip, clock, memory of the smallest model, buses; it has no analogue inputs",
      where: "Raspberry Pi 3 Model B product page",
    },
    { what: "crypto", where: "node:crypto (OpenSSL)" },
  ],
};

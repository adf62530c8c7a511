import type { Board } from "./board.ts";
import { sdImage } from "./flash-steps.ts";

export const raspberryPi4: Board = {
  name: "raspberry-pi-4",
  title: "Raspberry Pi 4 Model B",
  chip: "BCM2711",
  clock: 1500,
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
      where: "Raspberry Pi 4 Model B datasheet, product brief",
    },
    { what: "crypto", where: "node:crypto (OpenSSL)" },
  ],
};

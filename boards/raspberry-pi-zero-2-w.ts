import type { Board } from "./board.ts";
import { sdImage } from "./flash-steps.ts";

export const raspberryPiZero2W: Board = {
  name: "raspberry-pi-zero-2-w",
  title: "Raspberry Pi Zero 2 W",
  chip: "RP3A0 (BCM2710A1)",
  clock: 1000,
  runs: "node",
  memory: 512 * 1024 * 1024,
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
      where: "Raspberry Pi Zero 2 W product brief",
    },
    { what: "crypto", where: "node:crypto (OpenSSL)" },
  ],
};

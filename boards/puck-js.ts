import type { Board } from "./board.ts";

export const puckJs: Board = {
  name: "puck-js",
  title: "Espruino Puck.js",
  chip: "nRF52832",
  clock: 64,
  variables: 2630,
  variableBytes: 13,
  storage: 40960,
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: true, network: false },
  crypto: { sha256: "native", aes: "native", ccm: false },
  jit: true,
  flash: { route: "espruino" },
  sources: [
    "Espruino 2v29, boards/PUCKJS.py: variables, Storage pages, build options",
    "Espruino 2v29, libs/crypto: SHA-256 and AES of the build",
  ],
};

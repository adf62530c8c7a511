import type { Board } from "./board.ts";
import { avr } from "./flash-steps.ts";

export const arduinoUno: Board = {
  name: "arduino-uno",
  title: "Arduino Uno R3, as inputs of a Raspberry Pi",
  chip: "ATmega328P",
  clock: 16,
  runs: "firmata",
  memory: 2 * 1024,
  variables: 0,
  variableBytes: 0,
  storage: 0,
  buses: { i2c: true, uart: false, analog: true, pulse: true, ble: false, network: false },
  crypto: { sha256: "none", aes: "none", ccm: false },
  jit: false,
  flash: avr,
  sources: [
    { what: "chip, clock, memory, inputs", where: "Arduino Uno R3 datasheet (A000066)" },
    { what: "what it offers to its host", where: "Firmata protocol 2.6: digital, analog, I2C" },
  ],
};

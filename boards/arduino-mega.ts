import type { Board } from "./board.ts";
import { avr } from "./flash-steps.ts";

export const arduinoMega: Board = {
  name: "arduino-mega",
  title: "Arduino Mega 2560, as inputs of a Raspberry Pi",
  chip: "ATmega2560",
  clock: 16,
  runs: "firmata",
  memory: 8 * 1024,
  variables: 0,
  variableBytes: 0,
  storage: 0,
  buses: { i2c: true, uart: true, analog: true, pulse: true, ble: false, network: false },
  crypto: { sha256: "none", aes: "none", ccm: false },
  jit: false,
  flash: avr,
  sources: [
    { what: "chip, clock, memory, inputs", where: "Arduino Mega 2560 Rev3 datasheet (A000067)" },
    {
      what: "what it offers to its host",
      where: "Firmata protocol 2.6: digital, analog, I2C; serial with StandardFirmataPlus",
    },
  ],
};

import type { EspruinoGlobal, EspruinoI2c } from "./espruino-globals.ts";
import type { I2cPins } from "./espruino-i2c.ts";

declare const setTimeout: (run: () => void, delay: number) => void;

/** Asks a sensor, and gives its answer after so many ms, or null where nobody answers: as espruino-i2c.ts, at the interpreter's own 100 kHz. */
export type LeanI2c = (
  order: {
    readonly address: number;
    readonly command: Uint8Array;
    readonly conversion: number;
    readonly size: number;
  },
  done: (answer: Uint8Array | null) => void,
) => void;

export function leanI2c(bus: I2cPins["bus"], pins: Omit<I2cPins, "bus">): LeanI2c {
  const port = (globalThis as unknown as EspruinoGlobal)[bus] as EspruinoI2c;
  port.setup(pins);
  return (order, done) => {
    try {
      port.writeTo(order.address, order.command);
    } catch {
      // It will not answer either.
    }
    setTimeout(() => {
      let answer: Uint8Array | null = null;
      try {
        answer = port.readFrom(order.address, order.size);
      } catch {
        // Told below, outside of the try, so that a fault of the caller stays its own.
      }
      done(answer);
    }, order.conversion);
  };
}

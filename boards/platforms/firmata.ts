import type { Fault } from "../../protocols/fault.ts";
import type { Analog, I2c, Platform, Pulse } from "../platform.ts";
import { FirmataBoard, type FirmataOptions } from "./firmata-board.ts";
import { firmataI2c } from "./firmata-i2c.ts";
import { firmataAnalog, firmataPulse } from "./firmata-inputs.ts";

/** A host that borrows the inputs of an Arduino: its own platform, with the Arduino's buses beside its own. */
export interface FirmataPlatform extends Platform {
  /** Lets go of the Arduino. */
  close(): void;
}

/** What the I2C bus of the Arduino is called in device.yaml; pins are called as on the board, D2 or A0. */
const busName = "firmata";

export function firmataPlatform(base: Platform, options: FirmataOptions): FirmataPlatform {
  const host = new FirmataBoard(options);
  const bus = firmataI2c(host);
  const now = () => base.clock.monotonic();
  return {
    ...base,
    i2c: (name): I2c | Fault => (name === busName ? bus : base.i2c(name)),
    pulse: (name): Pulse | Fault => {
      const pin = /^d([2-9]|[1-6]\d)$/i.exec(name); // D0 and D1 are its serial line
      return pin === null ? base.pulse(name) : firmataPulse(host, Number(pin[1]), now);
    },
    analog: (name): Analog | Fault => {
      const input = /^a(\d|1[0-5])$/i.exec(name);
      return input === null ? base.analog(name) : firmataAnalog(host, Number(input[1]));
    },
    close: () => host.close(),
  };
}

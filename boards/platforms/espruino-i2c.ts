import { fault } from "../../protocols/fault.ts";
import type { I2c } from "../platform.ts";
import type { EspruinoGlobal, EspruinoI2c } from "./espruino-globals.ts";

declare const setTimeout: (run: () => void, delay: number) => void;

/** A bus by Espruino's name of it, e.g. "I2C1", and the pins it is on. */
export interface I2cPins {
  readonly bus: string;
  readonly scl: string;
  readonly sda: string;
}

/** 100 kHz: what every sensor and a metre of cable can do (I2C specification UM10204, standard mode). */
const bitrate = 100000;

export function espruinoI2c(pins: I2cPins): I2c {
  const bus = (globalThis as unknown as EspruinoGlobal)[pins.bus] as EspruinoI2c;
  bus.setup({ scl: pins.scl, sda: pins.sda, bitrate: bitrate });
  return {
    transfer: (order, done) => {
      try {
        bus.writeTo(order.address, order.command);
      } catch {
        done(silent(order.address));
        return;
      }
      setTimeout(() => {
        let answer: Uint8Array | null = null;
        try {
          answer = order.length > 0 ? bus.readFrom(order.address, order.length) : new Uint8Array(0);
        } catch {
          // No acknowledgement: answered below, outside of the try, so that a fault of the caller stays its own.
        }
        done(answer === null ? silent(order.address) : answer);
      }, order.conversion);
    },
  };
}

function silent(address: number) {
  return fault("bus", "no answer at I2C address " + address + ": check power and wiring");
}

import { fault } from "../../protocols/fault.ts";
import type { Analog } from "../platform.ts";

/** 0 to 1 of the supply voltage; on the boards themselves never NaN, on pins without a converter it may be. */
declare const analogRead: (pin: string) => number;

export function espruinoAnalog(pin: string): Analog {
  return {
    read: (done) => {
      const level = Math.round(analogRead(pin) * 65535);
      done(level >= 0 && level <= 65535 ? level : fault("bus", pin + " gives no voltage"));
    },
  };
}

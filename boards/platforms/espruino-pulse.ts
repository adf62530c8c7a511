import type { Clock, Pulse } from "../platform.ts";
import type { EspruinoWatch } from "./espruino-globals.ts";

declare const setWatch: (run: () => void, pin: string, options: EspruinoWatch) => number;
declare const clearWatch: (watch: number) => void;
declare const pinMode: (pin: string, mode: "input_pullup") => void;

/** A contact or S0 output against ground, with the chip's own pull-up (EN 62053-31: a closed contact is a pulse). */
export function espruinoPulse(pin: string, clock: Clock): Pulse {
  let watch = 0;
  function close(): void {
    if (watch > 0) {
      clearWatch(watch);
      watch = 0;
    }
  }
  return {
    open: (debounce, onPulse) => {
      close();
      pinMode(pin, "input_pullup");
      watch = setWatch(() => onPulse(clock.monotonic()), pin, {
        repeat: true,
        edge: "falling",
        debounce: debounce,
      });
    },
    close: close,
  };
}

import type { Indicator } from "../platform.ts";

declare const digitalWrite: (pin: string, level: number) => void;
declare const setInterval: (run: () => void, period: number) => number;
declare const clearInterval: (timer: number) => void;

const halfPeriod = 250; // ms
/** A technician who has not found the board by then asks again, ms. */
const identifyMax = 60000;

/** Blinks a light for as long as it is told to. Not with `digitalPulse`, whose timers are for microseconds and few. */
export function espruinoIndicator(pin: string): Indicator {
  let timer = 0;
  let left = 0;
  return {
    identify: (duration) => {
      left = 2 * Math.ceil(Math.min(duration, identifyMax) / (2 * halfPeriod));
      if (timer === 0) {
        timer = setInterval(() => {
          left--;
          digitalWrite(pin, left & 1);
          if (left <= 0) {
            clearInterval(timer);
            timer = 0;
          }
        }, halfPeriod);
      }
    },
  };
}

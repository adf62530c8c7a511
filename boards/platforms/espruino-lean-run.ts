import type { EspruinoE } from "./espruino-globals.ts";
import { tickMax } from "./espruino-run.ts";

declare const E: EspruinoE;
declare const setTimeout: (run: () => void, delay: number) => number;
declare const clearTimeout: (timer: number) => void;

/**
 * As runBoard, for a device that wakes itself outside of its ticks alone: call what it gives with a delay, ms, once when there is something
 * to run, and whenever something came.
 */
export function runLean(tick: () => number): (delay: number) => void {
  let timer = 0;
  const after = (delay: number): void => {
    if (timer > 0) {
      clearTimeout(timer);
    }
    timer = setTimeout(
      () => {
        timer = 0;
        E.kickWatchdog();
        after(tick());
      },
      Math.min(delay, tickMax),
    );
  };
  return after;
}

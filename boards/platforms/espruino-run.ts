import type { EspruinoE } from "./espruino-globals.ts";

declare const E: EspruinoE;
declare const setTimeout: (run: () => void, delay: number) => number;
declare const clearTimeout: (timer: number) => void;

/** Two missed ticks and the board starts anew, s. */
export const watchdog = 60;
/** So long between two ticks at most, ms: each feeds the watchdog. */
export const tickMax = 25000;

/**
 * Runs a device: calls `tick` when it asks to be called, feeds the watchdog from there and nowhere else, and lets the chip sleep between.
 * The interpreter sleeps by itself while nothing is due (nRF52, ESP32); STM32 boards are told to by espruino-sleep.ts where their installation says so. Returns what
 * to call when something came that the next tick should see.
 */
export function runBoard(tick: () => number): () => void {
  let timer = 0;
  let woken = false;
  const after = (delay: number): void => {
    if (timer > 0) {
      clearTimeout(timer);
    }
    timer = setTimeout(step, Math.max(1, Math.min(delay, tickMax)));
  };
  const step = (): void => {
    timer = 0;
    woken = false;
    E.kickWatchdog();
    const next = tick();
    after(woken ? 0 : next);
  };
  E.enableWatchdog(watchdog, false);
  after(0);
  return () => {
    woken = true;
    after(0);
  };
}

import type { Clock } from "../platform.ts";

/** Seconds with decimals; jumps only where somebody sets the board's time, which nothing here does. */
declare const getTime: () => number;

/** A board's quartz. The time of day comes from the gateway, so this clock never says that it knows it. */
export function espruinoClock(): Clock {
  const boot = getTime();
  let last = 0;
  return {
    monotonic: () => {
      last = Math.max(last, Math.floor((getTime() - boot) * 1000));
      return last;
    },
    unix: () => null,
  };
}

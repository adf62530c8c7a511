import type { Pulse } from "../platform.ts";
import { SerialLine } from "./serial-line.ts";
import { realTimers } from "./timers.ts";

/**
 * An S0 output or contact between a serial port's receiver and ground, pulled up: closing it looks like the beginning of a character. At 300
 * baud a pulse of 30 ms (EN 62053-31) is one character, and what bounces within it is the same one.
 */
const settings = { baud: 300, dataBits: 8, parity: "none", stopBits: 1 } as const;

/** The count goes on from byte to byte; bytes closer to the last pulse than `debounce` are its bounces. */
export function serialPulse(path: string, now: () => number = realTimers.monotonic): Pulse {
  let line: SerialLine | null = null;
  return {
    open: (debounce, onPulse) => {
      line?.close();
      let last = Number.NEGATIVE_INFINITY;
      line = new SerialLine({
        path,
        settings,
        silence: 0, // a house that needs nothing gives no pulses
        onBytes: (bytes) => {
          const time = now();
          if (bytes.length > 0 && time - last >= debounce) {
            last = time;
            onPulse(time);
          }
        },
        onState: () => {},
      });
    },
    close: () => {
      line?.close();
      line = null;
    },
  };
}

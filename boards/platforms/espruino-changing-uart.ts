import type { Uart } from "../platform.ts";
import { espruinoUart, type UartWiring } from "./espruino-uart.ts";

declare const getTime: () => number;
declare const setTimeout: (run: () => void, delay: number) => number;

/** Of a character with its start, parity and two stop bits, and one more for a clock that runs slow. */
const bitsMost = 13;

/**
 * The port of a meter whose speed changes while it is asked. The interpreter sends what is written behind the program's back, and a new
 * speed would be that of its last characters too: so the change waits until they are out.
 */
export function espruinoChangingUart(wiring: UartWiring): Uart {
  const port = espruinoUart(wiring);
  let current: Parameters<Uart["open"]>;
  /** When what was written is out, s. */
  let out = 0;
  return {
    open: (settings, onBytes, onState) => {
      current = [settings, onBytes, onState];
      port.open(settings, onBytes, onState);
    },
    write: (bytes) => {
      port.write(bytes);
      out = Math.max(out, getTime()) + (bytes.length * bitsMost) / current[0].baud;
    },
    change: (baud) => {
      const settings = Object.assign({}, current[0], { baud: baud });
      const onBytes = current[1];
      current = [settings, onBytes, current[2]];
      const wait = 1000 * (out - getTime());
      const set = (): void => port.open(settings, onBytes, () => {});
      if (wait > 0) {
        setTimeout(set, wait);
      } else {
        set();
      }
    },
    close: port.close,
  };
}

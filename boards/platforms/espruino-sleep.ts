import type { Link } from "../../protocols/link.ts";
import type { Clock } from "../platform.ts";

declare const setDeepSleep: (sleep: boolean) => void;

/** How long a board listens after it has sent, ms: an acknowledgement takes the gateway's disk, and a command may come behind it. */
const listenFor = 5000;

/** Lets an STM32 board stop its clocks between ticks: about 30 uA in the place of 35 mA. */
export interface DeepSleep {
  /** The link, after whose frames the board stays awake for a while; at other times a serial line is not heard. */
  link(link: Link): Link;
  /** The tick, after which it sleeps. */
  tick(tick: () => number): () => number;
}

/** Espruino's own reference, setDeepSleep: STM32 boards only; timers of more than 5 s may be a second late. */
export function deepSleep(clock: Clock): DeepSleep {
  let awakeUntil = clock.monotonic() + listenFor;
  return {
    link(link) {
      const send = link.send;
      link.send = (frame) => {
        awakeUntil = clock.monotonic() + listenFor;
        setDeepSleep(false);
        return send(frame);
      };
      return link;
    },
    tick: (tick) => () => {
      const next = tick();
      const left = awakeUntil - clock.monotonic();
      setDeepSleep(left <= 0);
      return left > 0 ? Math.min(next, left) : next;
    },
  };
}

import type { Observer } from "../firmware/observer.ts";
import type { Log } from "../gateway/log.ts";
import { decimalText } from "../protocols/decimal.ts";
import { quantities } from "../protocols/quantity.ts";

/** The same fault is told once in this time, ms, and then how often it came. */
const faultEvery = 60_000;

/** Tells what a device does, one line per event: the first value of each quantity and every message; values after that only for "debug". */
export function deviceLog(log: Log, now: () => number): Observer {
  const seen = new Set<string>();
  const faults = new Map<string, { since: number; more: number }>();
  return {
    reading: (quantity, value, exponent) => {
      const event = `reading ${quantity}: ${decimalText(value, exponent)} ${quantities[quantity].senml}`;
      if (seen.has(quantity)) {
        log.debug({}, event);
      } else {
        seen.add(quantity);
        log.info({}, event);
      }
    },
    sealed: (epoch, piv, rows, kind) =>
      log.info({}, `message ${epoch}/${piv}: ${kind === "pack" ? `sealed, ${rows} rows` : `${kind} sealed`}`),
    acknowledged: (epoch, ranges) =>
      log.info({}, `gateway: has ${ranges.map((range) => rangeText(epoch, range)).join(", ")} on disk`),
    dropped: (epoch, ranges, rows) => {
      const numbers = ranges.map((range) => rangeText(epoch, range)).join(", ");
      log.warn({}, `outbox: full, message ${numbers} with ${rows} rows was given up`);
    },
    rowsDropped: (count) => log.warn({}, `rows: ${count} lost before they were sealed`),
    fault: (code, detail) => {
      const key = `${code}: ${detail}`;
      const last = faults.get(key);
      if (last !== undefined && now() - last.since < faultEvery) {
        last.more++;
        return;
      }
      if (faults.size > 1000) {
        faults.clear();
      }
      faults.set(key, { since: now(), more: 0 });
      log.warn(last === undefined || last.more === 0 ? {} : { again: last.more }, `fault ${key}`);
    },
  };
}

function rangeText(epoch: number, [from, to]: readonly [number, number]): string {
  return from === to ? `${epoch}/${from}` : `${epoch}/${from}-${to}`;
}

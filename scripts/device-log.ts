import { faultSentence } from "../boards/platforms/said-fault.ts";
import type { Observer } from "../firmware/observer.ts";
import { isSilence, type Silence } from "../firmware/sensor.ts";
import type { Log } from "../gateway/log.ts";
import { faultText } from "../gateway/problem.ts";
import { type Language, say } from "../gateway/words/words.ts";
import { fromHex } from "../protocols/bytes.ts";
import { decimalText } from "../protocols/decimal.ts";
import type { Fault } from "../protocols/fault.ts";
import { quantities } from "../protocols/quantity.ts";

/** The same fault is told once in this time, ms, and then how often it came. */
const faultEvery = 60_000;
const faultsMax = 1000;

/** Faults whose sentence does not say what a person can do. It is told once for each. */
const hinted: readonly Fault["fault"][] = [
  "checksum",
  "content",
  "frozen",
  "no-key",
  "range",
  "reduced-data",
  "replayed",
  "syntax",
  "truncated",
  "unsupported",
  "wrong-key",
];

/** Tells what a device does, one line per event: the first value of each quantity and every message; values after that only for "debug". */
export function deviceLog(log: Log, now: () => number, lang: Language): Observer {
  const seen = new Set<string>();
  const faults = new Map<string, { since: number; more: number }>();
  const told = new Set<string>();
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
    behind: (quantity, meter) =>
      log.info({}, `meter behind it: ${quantity}${meter === "" ? "" : ` of the meter ${identifier(meter)}`}`),
    rowsDropped: (count) => log.warn({}, `rows: ${count} lost before they were sealed`),
    fault: (code, detail, fault) => {
      const key = `${code}: ${detail}`;
      const last = faults.get(key);
      if (last !== undefined && now() - last.since < faultEvery) {
        last.more++;
        return;
      }
      if (faults.size > faultsMax) {
        faults.clear();
      }
      faults.set(key, { since: now(), more: 0 });
      const said = `${code}: ${isSilence(fault) ? silenceText(fault, lang) : faultSentence(fault, lang)}`;
      log.warn(last === undefined || last.more === 0 ? {} : { again: last.more }, `fault ${said}`);
      if (hinted.includes(code) && !told.has(code)) {
        told.add(code);
        const { means, next } = faultText(code, lang);
        log.warn({}, `fault ${code}: ${means} ${next}`);
      }
    },
  };
}

/** That a sensor is silent, and what its driver advises, in a person's language. */
export function silenceText({ label, seconds, bytes, advice }: Silence, lang: Language): string {
  const gaps = { label, seconds, bytes, advice: advice[lang] };
  return say(lang, bytes === 0 ? "silence.noBytes" : "silence.noMeasurement", gaps);
}

/** An equipment identifier is text in hexadecimal (P1 companion standard 5.0.2 §6.12). */
function identifier(hex: string): string {
  const bytes = fromHex(hex) ?? new Uint8Array(0);
  return bytes.length > 0 && bytes.every((byte) => byte > 0x20 && byte < 0x7f)
    ? Buffer.from(bytes).toString("latin1")
    : hex;
}

function rangeText(epoch: number, [from, to]: readonly [number, number]): string {
  return from === to ? `${epoch}/${from}` : `${epoch}/${from}-${to}`;
}

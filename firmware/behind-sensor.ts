import type { BehindReading } from "../protocols/dsmr-behind.ts";
import type { TimeQuality } from "../protocols/pack.ts";
import { type QuantityName, quantities, widthFor } from "../protocols/quantity.ts";
import type { ArrivalSensor } from "./arrivals.ts";
import type { DriverColumn } from "./driver.ts";
import type { Measurement } from "./sensor.ts";

/** Readings that wait for the next tick; the oldest goes when there are more. */
const waitingMax = 64;
/** Meters that are told apart; a P1 port has four at once. */
const sourcesMax = 16;

interface Source {
  readonly meter: string;
  readonly quantity: QuantityName;
  columns: readonly DriverColumn[];
  /** Its last reading's time, Unix ms. */
  time: number;
}

/**
 * Meters behind another one, whose telegrams say again and again what they last said: each new reading is a row. The time of a row is
 * when the meter took it, Unix ms, and not the device's.
 */
export interface BehindSensor extends ArrivalSensor {
  take(reading: BehindReading): void;
}

/** What a stream of such rows takes for its time base: they have their own. */
export function ownTime(): { readonly offset: number; readonly quality: TimeQuality } {
  return { offset: 0, quality: "synced" };
}

/** `interval`: least ms between two readings of one meter, by its own clock; `onMeter` is told of each meter once. */
export function behindSensor(
  interval: number,
  hooks: { onNews(): void; onMeter(reading: BehindReading): void },
): BehindSensor {
  const sources: Source[] = [];
  let waiting: Measurement[] = [];

  function sourceOf(reading: BehindReading): Source | null {
    const known = sources.find(
      (source) => source.meter === reading.meter && source.quantity === reading.quantity,
    );
    if (known !== undefined || sources.length === sourcesMax) {
      return known === undefined ? null : known;
    }
    const made = { meter: reading.meter, quantity: reading.quantity, columns: [], time: -Infinity };
    sources.push(made);
    hooks.onMeter(reading);
    return made;
  }

  return {
    columns: null,
    open: () => null,
    close() {},
    take(reading) {
      const source = sourceOf(reading);
      // A channel is named for its quantity: of two meters of a kind the second could not be told from the first.
      const isFirst =
        source !== null && sources.find((other) => other.quantity === reading.quantity) === source;
      const exponent = reading.value.exponent;
      const fits = widthFor(quantities[reading.quantity], exponent) !== null;
      if (source === null || !isFirst || !fits || reading.time < source.time + interval) {
        return;
      }
      if (source.columns.length === 0 || source.columns[0].exponent !== exponent) {
        source.columns = [{ quantity: reading.quantity, exponent: exponent }];
      }
      source.time = reading.time;
      waiting.push({ columns: source.columns, values: [reading.value.integer], time: reading.time });
      waiting = waiting.slice(-waitingMax);
      hooks.onNews();
    },
    begins: () => waiting.length > 0,
    settled: () => true,
    fresh: () => null,
    wait: () => Infinity,
    next() {
      const oldest = waiting.length > 0 ? waiting[0] : null;
      waiting = waiting.slice(1);
      return oldest;
    },
  };
}

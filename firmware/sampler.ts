import type { Integer } from "../protocols/decimal.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import type { DriverColumn, DriverValues } from "./driver.ts";
import type { Sensor } from "./sensor.ts";

/** Values of one moment. */
export interface Row {
  readonly columns: readonly DriverColumn[];
  readonly values: DriverValues;
  /** ms, monotonic, on the grid of the interval. */
  readonly time: number;
}

export interface Sampler {
  /** ms between rows. */
  readonly interval: number;
  /** The row that is due, or null for none yet. At most one a call; call again until there is none. */
  take(now: number): Row | null;
  /** ms until there may be a row. An answer under way, or the first measurement, is told by the sensor's `onNews`. */
  wait(now: number): number;
  /** Moves the next row onto a whole interval of the day. `offset`: Unix ms minus monotonic ms. */
  align(offset: number, now: number): void;
  /** Another interval from now on. */
  change(interval: number, now: number): void;
}

export interface SamplerHooks {
  /** Whether a value lies within what its quantity can be; `i` is its column's place. */
  inRange(column: DriverColumn, value: Integer, i: number): boolean;
  onFault(fault: Fault): void;
}

/** Rows may stand this far off the whole interval before they are moved onto it, ms, or a twentieth of the interval. */
const phaseMax = 1000;

/**
 * Takes rows from one sensor at even intervals. The first comes with the first measurement; after that every interval has one, with
 * missing values where the sensor gave nothing fresh: never its last ones with a new time.
 */
export function createSampler(sensor: Sensor, pace: number, hooks: SamplerHooks): Sampler {
  let interval = pace;
  /** When the next row is due; -1 before the first measurement. */
  let due = -1;
  let columns = sensor.columns;

  /** Null where not even the columns are known. What is outside its quantity's range is missing, and a fault. */
  function row(time: number, now: number): Row | null {
    const measurement = sensor.fresh(now);
    columns = measurement === null ? columns : measurement.columns;
    if (columns === null) {
      return null;
    }
    const values = columns.map((column, i) => {
      const value = measurement === null ? null : measurement.values[i];
      if (value === null || hooks.inRange(column, value, i)) {
        return value;
      }
      hooks.onFault(fault("range", column.quantity + " beyond what there is"));
      return null;
    });
    return { columns: columns, values: values, time: time };
  }

  return {
    get interval() {
      return interval;
    },
    take(now) {
      if (due < 0 && sensor.begins(now)) {
        due = now;
      }
      if (due < 0 || now < due || !sensor.settled(due, now)) {
        return null;
      }
      // Rows that nobody asked for in time are not made up: this one is the last that is due.
      const time = due + Math.floor((now - due) / interval) * interval;
      due = time + interval;
      return row(time, now);
    },
    wait: (now) => sensor.wait(due, now),
    align(offset, now) {
      const phase = (due + offset) % interval;
      const tolerance = Math.min(phaseMax, interval / 20);
      if (due > now && phase > tolerance && phase < interval - tolerance) {
        due += due - phase > now ? -phase : interval - phase;
      }
    },
    change(next, now) {
      interval = next;
      if (due >= 0) {
        due = Math.min(due, now + interval);
      }
    },
  };
}

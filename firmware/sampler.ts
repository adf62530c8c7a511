import type { DriverColumn, DriverValues } from "./driver.ts";
import type { Sensor } from "./sensor.ts";

/** Values of one moment. */
export interface Row {
  readonly columns: readonly DriverColumn[];
  /** As the sensor gave them: whether they are in range is asked by who packs them. */
  readonly values: DriverValues;
  /** Whether the sensor gave them; else all are missing. */
  readonly heard: boolean;
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

/** Rows may stand this far off the whole interval before they are moved onto it, ms, or a twentieth of the interval. */
const phaseMax = 1000;

/**
 * Takes rows from one sensor at even intervals. The first comes with the first measurement; after that every interval has one, with
 * missing values where the sensor gave nothing fresh: never its last ones with a new time.
 */
export function createSampler(sensor: Sensor, pace: number): Sampler {
  let interval = pace;
  /** When the next row is due; -1 before the first measurement. */
  let due = -1;
  let columns = sensor.columns;

  /** Null where not even the columns are known. */
  function row(time: number, now: number): Row | null {
    const measurement = sensor.fresh(now);
    if (measurement !== null) {
      columns = measurement.columns;
      return { columns: columns, values: measurement.values, heard: true, time: time };
    }
    return columns === null
      ? null
      : { columns: columns, values: columns.map(() => null), heard: false, time: time };
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

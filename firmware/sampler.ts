import { fault } from "../protocols/fault.ts";
import { inRange, quantities } from "../protocols/quantity.ts";
import type { DriverColumn, DriverValues } from "./driver.ts";
import type { Sensor } from "./sensor.ts";

/** Values of one moment. */
export interface Row {
  readonly columns: readonly DriverColumn[];
  readonly values: DriverValues;
  /** ms, monotonic, on the grid of the interval. */
  readonly time: number;
}

/** How often to look, ms, whether a sensor is warm. Its first measurement is told by `onNews`. */
const warmUpPoll = 1000;
/** How often a sensor is asked for one row. */
const triesMax = 3;
/** Rows may stand this far off the whole interval before they are moved onto it, ms, or a twentieth of the interval. */
const phaseMax = 1000;

/**
 * Takes rows from one sensor at even intervals. The first comes with the first measurement; after that every interval has one, with
 * missing values where the sensor gave nothing fresh: never its last ones with a new time.
 */
export class Sampler {
  readonly sensor: Sensor;
  /** ms between rows. */
  interval: number;
  /** When the next row is due; -1 before the first measurement. */
  due = -1;
  /** How often the sensor was asked for the row that is due. */
  tries = 0;
  columns: readonly DriverColumn[] | null;

  constructor(sensor: Sensor, interval: number) {
    this.sensor = sensor;
    this.interval = interval;
    this.columns = sensor.driver.columns(sensor.installed.options);
  }

  /** The row that is due, or null for none yet. At most one a call; call again until there is none. */
  take(now: number): Row | null {
    if (this.due < 0 && !this.begin(now)) {
      return null;
    }
    if (now < this.due || !this.measure(now)) {
      return null;
    }
    // Rows that nobody asked for in time are not made up: this one is the last that is due.
    const time = this.due + Math.floor((now - this.due) / this.interval) * this.interval;
    this.due = time + this.interval;
    this.tries = 0;
    return this.row(time, now);
  }

  /** ms until there may be a row. An answer under way, or the first measurement, is told by the sensor's `onNews`. */
  wait(now: number): number {
    if (this.due < 0) {
      return warmUpPoll;
    }
    if (this.sensor.underWay >= 0) {
      return Math.max(0, this.sensor.giveUp - now);
    }
    return Math.max(0, this.due - now);
  }

  /** Moves the next row onto a whole interval of the day. `offset`: Unix ms minus monotonic ms. */
  align(offset: number, now: number): void {
    if (this.due <= now) {
      return;
    }
    const time = this.due + offset;
    const phase = time - Math.floor(time / this.interval) * this.interval;
    const tolerance = Math.min(phaseMax, this.interval / 20);
    if (phase > tolerance && phase < this.interval - tolerance) {
      this.due += this.due - phase > now ? -phase : this.interval - phase;
    }
  }

  /** Another interval from now on. */
  change(interval: number, now: number): void {
    this.interval = interval;
    if (this.due >= 0) {
      this.due = Math.min(this.due, now + interval);
    }
  }

  /** The first row: when a sensor that talks has something to say or is called silent; at once for one that is asked. */
  begin(now: number): boolean {
    const sensor = this.sensor;
    if (sensor.driver.kind !== "i2c" && !sensor.silent && sensor.fresh(now) === null) {
      return false;
    }
    this.due = now;
    return true;
  }

  /** Whether what there is to know about the row that is due is known. */
  measure(now: number): boolean {
    const sensor = this.sensor;
    if (sensor.driver.kind !== "i2c") {
      return true;
    }
    while (!sensor.busy(now)) {
      if (sensor.latest !== null && sensor.latest.time >= this.due) {
        return true;
      }
      if (this.tries === triesMax) {
        sensor.fallSilent(now);
        return true;
      }
      this.tries++;
      sensor.trigger(now);
    }
    return false;
  }

  /** Null where not even the columns are known. */
  row(time: number, now: number): Row | null {
    const measurement = this.sensor.fresh(now);
    if (measurement !== null) {
      this.columns = measurement.columns;
      return {
        columns: measurement.columns,
        values: this.checked(measurement.columns, measurement.values),
        time: time,
      };
    }
    if (this.columns === null) {
      return null;
    }
    return { columns: this.columns, values: this.columns.map(() => null), time: time };
  }

  /** What is outside its quantity's range is missing, and a fault. */
  checked(columns: readonly DriverColumn[], values: DriverValues): DriverValues {
    return values.map((value, i) => {
      if (value === null || inRange(quantities[columns[i].quantity], value, columns[i].exponent)) {
        return value;
      }
      this.sensor.onFault(
        fault("range", this.sensor.label() + ": " + columns[i].quantity + " beyond what there is"),
      );
      return null;
    });
  }
}

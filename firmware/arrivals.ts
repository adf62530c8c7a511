import type { Clock, Uart } from "../boards/platform.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import type { UartDriver } from "./driver.ts";
import type { DriverOptions } from "./installation-type.ts";
import type { Sampler } from "./sampler.ts";
import { type Measurement, type Sensor, type SensorHooks, silence } from "./sensor.ts";

/** Measurements that wait for the next tick; the oldest goes when there are more. */
const waitingMax = 64;
/** Rows are told to the second. */
const step = 1000;

/** A sensor that decides by itself when it measures, because its battery or a car does: each of its measurements is a row of its own. */
export interface ArrivalSensor extends Sensor {
  /** The oldest measurement that no row has been made of. */
  next(): Measurement | null;
}

/** A sensor each of whose messages is a row of its own, not only the last one before a row is due. */
export function arrivalSensor(
  driver: UartDriver,
  options: DriverOptions,
  place: { readonly label: string; readonly clock: Clock; open(): Uart | Fault },
  hooks: SensorHooks,
): ArrivalSensor {
  let line: Uart | null = null;
  let waiting: Measurement[] = [];
  let latest: Measurement | null = null;
  /** When it last gave a measurement, or began to be listened to. */
  let heard = 0;
  let bytesSince = 0;
  let silent = false;

  function listen(found: Uart): void {
    const reader = driver.reader(options);
    found.open(
      driver.settings(options),
      (bytes) => {
        bytesSince += bytes.length;
        reader.push(bytes, place.clock.monotonic(), { measured: measured, fault: hooks.onFault });
      },
      (state) => {
        if (state !== null) {
          hooks.onFault(state);
        }
      },
    );
  }

  function measured(columns: Measurement["columns"], values: Measurement["values"]): void {
    heard = place.clock.monotonic();
    bytesSince = 0;
    silent = false;
    latest = { columns: columns, values: values, time: heard };
    waiting.push(latest);
    if (waiting.length > waitingMax) {
      waiting = waiting.slice(1);
      hooks.onFault(fault("full", place.label + " gave more at once than " + waitingMax + " measurements"));
    }
    hooks.onNews();
  }

  return {
    columns: driver.columns(options),
    open(now) {
      const found = place.open();
      if (isFault(found)) {
        return found;
      }
      line = found;
      heard = now;
      listen(found);
      return null;
    },
    close() {
      if (line !== null) {
        line.close();
      }
    },
    begins: () => waiting.length > 0,
    settled: () => true,
    fresh: (now) => (latest !== null && now - latest.time <= driver.fresh ? latest : null),
    wait(_due, now) {
      const left = heard + driver.silence - now;
      if (!silent && left <= 0) {
        silent = true;
        const seconds = Math.floor((now - heard) / 1000);
        hooks.onFault(silence(place.label, driver.advice, { seconds: seconds, bytes: bytesSince }));
      }
      return silent ? Infinity : left;
    },
    next() {
      const oldest = waiting.length > 0 ? waiting[0] : null;
      waiting = waiting.slice(1);
      return oldest;
    },
  };
}

/** Makes a row of each measurement, with the time at which it came. There is no interval to change, and nothing to move. */
export function createArrivals(sensor: ArrivalSensor): Sampler {
  return {
    interval: step,
    take() {
      const measurement = sensor.next();
      if (measurement === null) {
        return null;
      }
      return {
        columns: measurement.columns,
        values: measurement.values,
        heard: true,
        time: measurement.time,
      };
    },
    wait: (now) => (sensor.begins(now) ? 0 : sensor.wait(-1, now)),
    align() {},
    change() {},
  };
}

import type { Clock, Pulse, Storage } from "../boards/platform.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import type { PulseDriver } from "./driver.ts";
import type { DriverOptions } from "./installation-type.ts";
import { openPulseCount, type PulseCount } from "./pulse-count.ts";
import type { Measurement, Sensor, SensorHooks } from "./sensor.ts";

/**
 * A sensor that counts pulses. It has a value at any time, and is never called silent: a house that needs nothing gives no pulses. `open`
 * gives its input, `name` is that of its count in the storage.
 */
export function pulseSensor(
  driver: PulseDriver,
  options: DriverOptions,
  place: {
    readonly clock: Clock;
    readonly storage: Storage;
    readonly name: string;
    /** ms after which a new count is made durable. */
    readonly keepEvery: number;
    open(): Pulse | Fault;
  },
  hooks: SensorHooks,
): Sensor {
  const columns = driver.columns(options);
  let input: Pulse | null = null;
  let pulses: PulseCount | null = null;

  function measure(now: number): Measurement | null {
    const values = pulses === null ? null : driver.values(pulses.count, options);
    if (values === null || isFault(values) || columns === null) {
      return null;
    }
    return { columns: columns, values: values, time: now };
  }

  function keep(now: number): void {
    const refused = pulses === null ? null : pulses.keep(now);
    if (refused !== null) {
      hooks.onFault(refused);
    }
  }

  return {
    columns: columns,
    open(now) {
      const found = place.open();
      const count = isFault(found) ? found : openPulseCount(place.storage, place.name, place.keepEvery);
      if (isFault(found) || isFault(count)) {
        return isFault(found) ? found : (count as Fault);
      }
      input = found;
      pulses = count;
      count.keep(now);
      found.open(driver.debounce(options), count.add);
      return null;
    },
    close() {
      if (input !== null) {
        input.close();
        keep(Infinity);
      }
      input = null;
    },
    begins: () => pulses !== null,
    settled(_due, now) {
      keep(now);
      return true;
    },
    fresh: measure,
    wait(due, now) {
      keep(now);
      return Math.min(Math.max(0, due - now), pulses === null ? Infinity : pulses.wait(now));
    },
  };
}

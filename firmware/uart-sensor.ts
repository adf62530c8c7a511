import type { Clock, Uart } from "../boards/platform.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import type { MeterKeys } from "../protocols/meter.ts";
import type { UartDriver } from "./driver.ts";
import type { DriverOptions } from "./installation-type.ts";
import { type Measurement, type Sensor, type SensorHooks, silence } from "./sensor.ts";

/** How often to look, ms, whether a sensor is warm. Its first measurement is told by `onNews`. */
const warmUpPoll = 1000;

/** A sensor that talks by itself. `open` gives its line. */
export function uartSensor(
  driver: UartDriver,
  options: DriverOptions,
  place: { readonly label: string; readonly clock: Clock; open(): Uart | Fault; readonly keys?: MeterKeys },
  hooks: SensorHooks,
): Sensor {
  let line: Uart | null = null;
  let silent = false;
  /** When it last gave a measurement, or began to be listened to. */
  let heard = 0;
  let bytesSince = 0;
  /** First sign of life since the start or the last silence; -1 for none. */
  let awake = -1;
  let latest: Measurement | null = null;

  function listen(): void {
    const reader = driver.reader(options, place.keys);
    const own = { measured: measured, fault: hooks.onFault };
    const sink = hooks.onBehind === undefined ? own : Object.assign({ behind: hooks.onBehind }, own);
    (line as Uart).open(
      driver.settings(options),
      (bytes) => {
        bytesSince += bytes.length;
        reader.push(bytes, place.clock.monotonic(), sink);
      },
      (state) => {
        if (state !== null) {
          hooks.onFault(state);
        }
      },
    );
  }

  function measured(columns: Measurement["columns"], values: Measurement["values"]): void {
    const first = latest === null || silent;
    heard = place.clock.monotonic();
    awake = awake < 0 ? heard : awake;
    bytesSince = 0;
    silent = false;
    latest = { columns: columns, values: values, time: heard };
    if (first) {
      hooks.onNews();
    }
  }

  function fresh(now: number): Measurement | null {
    if (latest === null || now - latest.time > driver.fresh) {
      return null;
    }
    return awake >= 0 && latest.time - awake >= driver.warmUp ? latest : null;
  }

  /** ms until it would be called silent; calls it so when that time is over. */
  function watch(now: number): number {
    const left = heard + driver.silence - now;
    if (!silent && left <= 0) {
      silent = true;
      awake = -1;
      const seconds = Math.floor((now - heard) / 1000);
      hooks.onFault(silence(place.label, driver.advice, { seconds: seconds, bytes: bytesSince }));
      return 0;
    }
    return silent ? Infinity : left;
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
      listen();
      return null;
    },
    close() {
      if (line !== null) {
        line.close();
      }
    },
    /** When there is something to say, or when it is called silent. */
    begins: (now) => silent || fresh(now) !== null,
    settled: () => true,
    fresh: fresh,
    wait: (due, now) => Math.min(watch(now), due < 0 ? warmUpPoll : Math.max(0, due - now)),
  };
}

import type { Clock, I2c } from "../boards/platform.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import type { I2cDriver } from "./driver.ts";
import type { DriverOptions } from "./installation-type.ts";
import { type Measurement, type Sensor, type SensorHooks, silence } from "./sensor.ts";

/** Of an I2C driver, what its options have settled. A build writes it into a board's bundle. */
export interface I2cPart extends Pick<I2cDriver, "decode" | "fresh" | "warmUp" | "advice"> {
  readonly columns: NonNullable<Sensor["columns"]>;
  readonly order: ReturnType<I2cDriver["order"]>;
}

/** What reading it needs of a driver; a board's build writes the same into its bundle, without the driver. */
export function i2cPart(driver: I2cDriver, options: DriverOptions): I2cPart {
  const columns = driver.columns(options);
  return {
    columns: columns === null ? [] : columns,
    order: driver.order(options),
    decode: driver.decode,
    fresh: driver.fresh,
    warmUp: driver.warmUp,
    advice: driver.advice,
  };
}

/** Longest wait for an I2C answer, ms, beyond the conversion the driver names. */
const answerMax = 1000;
/** How often a sensor is asked for one row. */
const triesMax = 3;

/** A sensor that answers when it is asked. `open` gives its bus. */
export function i2cSensor(
  part: I2cPart,
  place: { readonly label: string; readonly clock: Clock; open(): I2c | Fault },
  hooks: SensorHooks,
): Sensor {
  let bus: I2c;
  /** Number of the transfer under way, 0 for none; a late answer to another one is ignored. */
  let asked = 0;
  let transfers = 0;
  let giveUp = 0;
  /** How often it was asked for the row that is due. */
  let tries = 0;
  let silent = false;
  /** When it last gave a measurement, or began to be listened to. */
  let heard = 0;
  let bytes = 0;
  /** First sign of life since the start or the last silence; -1 for none. */
  let awake = -1;
  let latest: Measurement | null = null;

  function trigger(now: number): void {
    const transfer = ++transfers;
    asked = transfer;
    giveUp = now + part.order.conversion + answerMax;
    bus.transfer(part.order, (answer) => {
      if (asked === transfer) {
        asked = 0;
        take(answer);
        hooks.onNews();
      }
    });
  }

  function take(answer: Uint8Array | Fault): void {
    const values = isFault(answer) ? answer : part.decode(answer);
    if (isFault(values)) {
      bytes += isFault(answer) ? 0 : answer.length;
      hooks.onFault(values);
      return;
    }
    heard = place.clock.monotonic();
    awake = awake < 0 ? heard : awake;
    bytes = 0;
    silent = false;
    latest = { columns: part.columns, values: values, time: heard };
  }

  return {
    columns: part.columns,
    open(now) {
      const found = place.open();
      if (isFault(found)) {
        return found;
      }
      bus = found;
      heard = now;
      return null;
    },
    close() {
      asked = 0;
    },
    begins: () => true,
    settled(due, now) {
      for (;;) {
        if (asked > 0) {
          if (now < giveUp) {
            return false;
          }
          asked = 0;
          hooks.onFault(fault("bus", place.label + " did not answer within " + answerMax + " ms"));
        }
        const known = latest !== null && latest.time >= due;
        if (known || tries === triesMax) {
          if (!known && !silent) {
            silent = true;
            awake = -1;
            const seconds = Math.floor((now - heard) / 1000);
            hooks.onFault(silence(place.label, part.advice, { seconds: seconds, bytes: bytes }));
          }
          tries = 0;
          return true;
        }
        tries++;
        trigger(now);
      }
    },
    fresh: (now) =>
      latest !== null && now - latest.time <= part.fresh && awake >= 0 && latest.time - awake >= part.warmUp
        ? latest
        : null,
    wait: (due, now) => Math.max(0, (asked > 0 ? giveUp : due) - now),
  };
}

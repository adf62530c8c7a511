import type { Analog, Clock, I2c } from "../boards/platform.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import type { AnalogDriver } from "./driver.ts";
import { i2cSensor } from "./i2c-sensor.ts";
import type { DriverOptions } from "./installation-type.ts";
import type { Sensor, SensorHooks } from "./sensor.ts";

/** A sensor that gives a voltage: it is asked as one on a bus is, and answers with the two bytes of its level. `open` gives its input. */
export function analogSensor(
  driver: AnalogDriver,
  options: DriverOptions,
  place: { readonly label: string; readonly clock: Clock; open(): Analog | Fault },
  hooks: SensorHooks,
): Sensor {
  const columns = driver.columns(options);
  const part = {
    columns: columns === null ? [] : columns,
    order: { address: 0, command: new Uint8Array(0), conversion: 0, length: 2 },
    decode: (answer: Uint8Array) => driver.values(answer[0] * 256 + answer[1], options),
    fresh: driver.fresh,
    warmUp: driver.warmUp,
    advice: driver.advice,
  };
  const open = (): I2c | Fault => {
    const input = place.open();
    return isFault(input)
      ? input
      : {
          transfer: (_order, done) => {
            input.read((level) => {
              done(isFault(level) ? level : new Uint8Array([level >> 8, level & 255]));
            });
          },
        };
  };
  return i2cSensor(part, { label: place.label, clock: place.clock, open: open }, hooks);
}

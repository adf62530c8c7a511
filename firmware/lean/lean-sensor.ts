import type { I2c } from "../../boards/platform.ts";
import { isFault } from "../../protocols/fault.ts";
import type { DriverValues } from "../driver.ts";
import type { I2cPart } from "../i2c-sensor.ts";

/** How often a sensor is asked for one row. */
const triesMax = 3;

/** Asks an I2C sensor for one row; null after three tries in vain. Each silence is one fault, however long it lasts. */
export function leanSensor(
  part: Pick<I2cPart, "order" | "decode">,
  bus: I2c,
  count: (code: string) => void,
  row: (values: DriverValues | null) => void,
): () => void {
  let tries = 0;
  let silent = false;

  function ask(): void {
    bus.transfer(part.order, (answer) => {
      const values = isFault(answer) ? answer : part.decode(answer);
      if (!isFault(values)) {
        silent = false;
        row(values);
        return;
      }
      count(values.fault);
      if (++tries < triesMax) {
        ask();
        return;
      }
      if (!silent) {
        silent = true;
        count("silent");
      }
      row(null);
    });
  }

  return () => {
    tries = 0;
    ask();
  };
}

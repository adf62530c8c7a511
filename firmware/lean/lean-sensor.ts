import type { LeanI2c } from "../../boards/platforms/espruino-lean-bus.ts";
import { fault, isFault } from "../../protocols/fault.ts";
import type { DriverValues } from "../driver.ts";
import type { I2cPart } from "../i2c-sensor.ts";

/** How often a sensor is asked for one row. */
const triesMax = 3;

/** Asks an I2C sensor for one row; null after three tries in vain. Each silence is one fault, however long it lasts. */
export function leanSensor(
  part: Parameters<LeanI2c>[0] & Pick<I2cPart, "decode">,
  bus: LeanI2c,
  tell: (code: string) => void,
  row: (values: DriverValues | null) => void,
): () => void {
  let silent = false;

  function ask(tries: number): void {
    bus(part, (answer) => {
      const values = answer === null ? fault("bus", "no answer") : part.decode(answer);
      if (!isFault(values)) {
        silent = false;
        row(values);
        return;
      }
      tell(values.fault);
      if (tries > 1) {
        ask(tries - 1);
        return;
      }
      if (!silent) {
        silent = true;
        tell("silent");
      }
      row(null);
    });
  }

  return () => ask(triesMax);
}

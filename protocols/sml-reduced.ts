import { integerText } from "./decimal.ts";
import type { MeterReading, Telegram } from "./meter.ts";

/**
 * Whether a telegram is the reduced data set of a meter whose PIN was not entered: counters in whole kWh and no power (MsbG; Itron
 * 25688000 Wh where the unlocked meter says 25892776.1 Wh). The remedy is the PIN, at the meter.
 */
export function isReduced(telegram: Telegram): boolean {
  let counters = 0;
  for (let i = 0; i < telegram.readings.length; i++) {
    const reading = telegram.readings[i];
    if (reading.unit === "W") {
      return false;
    }
    if (reading.unit === "Wh") {
      if (!isWholeKilowattHours(reading)) {
        return false;
      }
      counters += isZero(reading) ? 0 : 1;
    }
  }
  return counters > 0;
}

/** A zero says nothing about the steps a counter is sent in, unless they are that coarse by their scaler. */
function isZero(reading: MeterReading): boolean {
  const value = reading.value;
  return typeof value === "object" && value.integer === 0 && value.exponent < 3;
}

function isWholeKilowattHours(reading: MeterReading): boolean {
  const value = reading.value;
  if (typeof value === "string") {
    return false;
  }
  let digits = integerText(value.integer);
  for (let zeros = value.exponent; zeros < 3 && digits !== "0"; zeros++) {
    if (digits.charAt(digits.length - 1) !== "0") {
      return false;
    }
    digits = digits.substr(0, digits.length - 1);
  }
  return true;
}

import { fault } from "../../protocols/fault.ts";
import { numberOption, type PulseDriver } from "../driver.ts";

const columns = [{ quantity: "activeEnergyImported", exponent: -3 }] as const;
/** Pulses beyond which thousandths of a watt hour would no longer be exact: some 90 years of a large house. */
const pulsesMax = 9000000000;

/** A sub-meter with an S0 output: each pulse is a fixed amount of energy, which its plate says. */
export const s0Meter: PulseDriver = {
  kind: "pulse",
  name: "s0-meter",
  title: "Energy meter with an S0 pulse output",
  datasheet: "EN 62053-31 (S0), class A",
  options: [
    {
      name: "impulses",
      meaning: "pulses for one kWh, as its plate says",
      standard: 1000,
      least: 1,
      most: 100000,
    },
    {
      name: "start",
      meaning: "its reading in Wh when the counting began",
      standard: 0,
      least: 0,
      most: 1000000000000,
    },
    {
      name: "debounce",
      meaning: "ms a contact must stay closed; a pulse lasts 30 ms or longer (EN 62053-31)",
      standard: 15,
      least: 1,
      most: 29,
    },
  ],
  columns: () => columns,
  fresh: Infinity,
  silence: Infinity,
  warmUp: 0,
  advice: {
    noBytes: {
      en: "check the two wires of the S0 output and which of them is plus",
      de: "Prüfen Sie die beiden Adern des S0-Ausgangs und welche von ihnen plus ist",
    },
    noMeasurement: {
      en: "check the two wires of the S0 output and which of them is plus",
      de: "Prüfen Sie die beiden Adern des S0-Ausgangs und welche von ihnen plus ist",
    },
  },
  debounce: (options) => numberOption(s0Meter, options, "debounce"),
  values: (pulses, options) => {
    if (pulses > pulsesMax) {
      return fault("range", String(pulses) + " pulses are more than any meter gives");
    }
    const perPulse = numberOption(s0Meter, options, "impulses");
    const start = numberOption(s0Meter, options, "start");
    return [start * 1000 + Math.floor((pulses * 1000000) / perPulse)];
  },
  examples: [
    { title: "no pulse yet", hex: "000000000000", values: ["0.000"] },
    { title: "a thousand pulses of 1 Wh", hex: "0000000003e8", values: ["1000.000"] },
    { title: "a count that cannot be", hex: "ffffffffffff", fault: "range" },
  ],
};

import { fault } from "../../protocols/fault.ts";
import type { QuantityName } from "../../protocols/quantity.ts";
import { type AnalogDriver, numberOption, textOption } from "../driver.ts";

/** What such a sensor may measure, with the exponent of protocols/quantity.ts: the table itself would not fit a board. */
const exponents: readonly (readonly [quantity: QuantityName, exponent: number])[] = [
  ["batteryVoltage", -3],
  ["soilMoisture", -2],
  ["soilTemperature", -2],
  ["distance", 0],
  ["illuminance", 0],
  ["temperature", -2],
  ["relativeHumidity", -1],
  ["atmosphericPressure", -1],
];
const full = 65535;

/** A sensor whose voltage rises or falls in proportion to what it measures: two points make its scale. */
export const analogInput: AnalogDriver = {
  kind: "analog",
  name: "analog-input",
  title: "Sensor with an analogue voltage output",
  datasheet: "the sensor's own: what it measures at 0 V and at the board's supply voltage",
  options: [
    {
      name: "quantity",
      meaning: "what it measures",
      standard: "batteryVoltage",
      choices: exponents.map((row) => row[0]),
    },
    {
      name: "atZero",
      meaning: "its value at 0 V, in thousandths of the unit",
      standard: 0,
      least: -1000000000,
      most: 1000000000,
    },
    {
      name: "atFull",
      meaning: "its value at the supply voltage, in thousandths of the unit; 6600 is a 6.6 V battery",
      standard: 3300,
      least: -1000000000,
      most: 1000000000,
    },
  ],
  columns: (options) => {
    const quantity = textOption(analogInput, options, "quantity") as QuantityName;
    return [{ quantity: quantity, exponent: exponentOf(quantity) }];
  },
  fresh: 10000,
  silence: 10000,
  warmUp: 0,
  advice: {
    noBytes: {
      en: "check the wire between the sensor's output and the input, and the common ground",
      de: "Prüfen Sie die Ader zwischen Sensorausgang und Eingang, und die gemeinsame Masse",
    },
    noMeasurement: {
      en: "check the two points of its scale, atZero and atFull",
      de: "Prüfen Sie die beiden Punkte der Kennlinie, atZero und atFull",
    },
  },
  values: (level, options) => {
    if (level > full - 32 || level < 0) {
      return fault("range", "the input is at the supply voltage: the sensor gives more than it can take");
    }
    const zero = numberOption(analogInput, options, "atZero");
    const thousandths = zero + ((numberOption(analogInput, options, "atFull") - zero) * level) / full;
    const exponent = exponentOf(textOption(analogInput, options, "quantity"));
    return [Math.round(thousandths / Math.pow(10, exponent + 3))];
  },
  examples: [
    { title: "nothing", hex: "0000", values: ["0.000"] },
    { title: "half of the supply voltage", hex: "7fff", values: ["1.650"] },
    { title: "a voltage beyond the input", hex: "ffff", fault: "range" },
  ],
};

function exponentOf(quantity: string): number {
  for (let i = 0; i < exponents.length; i++) {
    if (exponents[i][0] === quantity) {
      return exponents[i][1];
    }
  }
  return 0;
}

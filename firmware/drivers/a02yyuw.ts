import { fault } from "../../protocols/fault.ts";
import type { DriverColumn, UartDriver } from "../driver.ts";
import { flagOption, numberOption } from "../driver.ts";
import { FixedFrames, type FrameForm } from "./fixed-frames.ts";
import { Occupancy } from "./occupancy.ts";

const distanceOnly: readonly DriverColumn[] = [{ quantity: "distance", exponent: 0 }];
const withOccupancy: readonly DriverColumn[] = [
  { quantity: "occupied", exponent: 0 },
  { quantity: "distance", exponent: 0 },
];

const form: FrameForm = {
  name: "A02YYUW",
  head: [0xff],
  length: 4,
  fits: (bytes, at) => ((bytes[at] + bytes[at + 1] + bytes[at + 2]) & 0xff) === bytes[at + 3],
};

/** Without a distance for this long, ms, a bay's state is unknown; the sensor sends every 100 to 300 ms. */
const silence = 3000;

/** DYP A02YYUW: ultrasonic distance; with the option `occupancy` a parking bay. */
export const a02yyuw: UartDriver = {
  name: "a02yyuw",
  title: "DYP A02YYUW, ultrasonic distance, parking bay",
  datasheet: "DYP-A02YYUW output interface V1.0, UART automatic output",
  kind: "uart",
  options: [
    { name: "occupancy", meaning: "whether the sensor watches a parking bay", standard: false },
    {
      name: "occupied-below",
      meaning: "mm at or below which the bay is occupied",
      standard: 1500,
      least: 30,
      most: 4500,
    },
    {
      name: "free-above",
      meaning: "mm at or above which the bay is free",
      standard: 1900,
      least: 30,
      most: 4500,
    },
    { name: "dwell", meaning: "ms a new state must hold", standard: 10000, least: 0, most: 600000 },
    {
      name: "frozen",
      meaning: "ms of the very same distance that mean a dead sensor",
      standard: 3600000,
      least: 1000,
      most: 86400000,
    },
  ],
  columns: (options) => (flagOption(a02yyuw, options, "occupancy") ? withOccupancy : distanceOnly),
  fresh: silence,
  silence: 10000,
  warmUp: 0,
  advice: {
    noBytes: {
      en: "check the sensor's supply of 3.3 to 5 V and its cable",
      de: "Prüfen Sie die Versorgung des Sensors mit 3,3 bis 5 V und sein Kabel",
    },
    noMeasurement: {
      en: "check that the line is 9600 8N1 and that the sensor has the UART output, not PWM",
      de: "Prüfen Sie, ob die Leitung auf 9600 8N1 steht und ob der Sensor den UART-Ausgang hat, nicht PWM",
    },
  },
  settings: () => ({ baud: 9600, dataBits: 8, parity: "none", stopBits: 1 }),
  reader: (options) => {
    const frames = new FixedFrames(form);
    const bay = flagOption(a02yyuw, options, "occupancy")
      ? new Occupancy({
          occupiedBelow: numberOption(a02yyuw, options, "occupied-below"),
          freeAbove: numberOption(a02yyuw, options, "free-above"),
          dwell: numberOption(a02yyuw, options, "dwell"),
          silence: silence,
          frozen: numberOption(a02yyuw, options, "frozen"),
        })
      : null;
    let frozen = false;
    return {
      push: (bytes, time, sink) => {
        frames.push(
          bytes,
          (frame) => {
            const distance = inRange(frame[1] * 256 + frame[2]);
            if (bay === null) {
              sink.measured(distanceOnly, [distance]);
              return;
            }
            const state = bay.update(distance, time);
            if (bay.isFrozen(time) && !frozen) {
              sink.fault(
                fault("frozen", "A02YYUW repeats " + distance + " mm to the last digit: check the sensor"),
              );
            }
            frozen = bay.isFrozen(time);
            sink.measured(withOccupancy, frozen ? [null, null] : [state, distance]);
          },
          (bad) => sink.fault(bad),
        );
      },
    };
  },
  examples: [
    { title: "the ground below an empty bay", hex: "ff 09 60 68", values: ["2400"] },
    { title: "ff inside the measurement", hex: "ff 07 ff 05", values: ["2047"] },
    { title: "nothing within reach", hex: "ff ff fe fc", values: [null] },
    { title: "nearer than it can measure", hex: "ff 00 00 ff", values: [null] },
    { title: "rubbish in front", hex: "60 68 ff ff 09 60 68", values: ["2400"] },
    { title: "a flipped bit", hex: "ff 09 61 68", fault: "checksum" },
  ],
};

/** The sensor measures from 30 to 4500 mm; what it says beyond is no echo. */
function inRange(distance: number): number | null {
  return distance >= 30 && distance <= 4500 ? distance : null;
}

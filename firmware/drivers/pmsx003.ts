import type { DriverColumn, UartDriver } from "../driver.ts";
import { FixedFrames, type FrameForm } from "./fixed-frames.ts";

const columns: readonly DriverColumn[] = [
  { quantity: "pm1", exponent: 0 },
  { quantity: "pm25", exponent: 0 },
  { quantity: "pm10", exponent: 0 },
];

const form: FrameForm = {
  name: "PMSx003",
  head: [0x42, 0x4d, 0x00, 0x1c], // the length field always says 28
  length: 32,
  fits: (bytes, at) => {
    let sum = 0;
    for (let i = 0; i < 30; i++) {
      sum += bytes[at + i];
    }
    return sum === word(bytes, at + 30);
  },
};

/** Plantower PMS3003, PMS5003, PMS7003: particulate matter, active mode. */
export const pmsx003: UartDriver = {
  name: "pmsx003",
  title: "Plantower PMSx003, particulate matter",
  datasheet: "Plantower PMS5003 series data manual, version 2.3, 2016, appendix I",
  kind: "uart",
  options: [],
  columns: () => columns,
  bounds: [
    [0, 65535],
    [0, 65535],
    [0, 65535],
  ],
  fresh: 5000, // in a stable mode a frame comes every 2.3 s
  silence: 15000,
  warmUp: 30000, // manual, note 6 to the circuit: 30 s until the fan is up to speed
  advice: {
    noBytes: {
      en: "check the sensor's supply of 5 V, its cable, and that the SET line is not low (sleep)",
      de: "Prüfen Sie die Versorgung des Sensors mit 5 V, sein Kabel und ob der Anschluss SET nicht auf low liegt (Schlaf)",
    },
    noMeasurement: {
      en: "check that the line is 9600 8N1 and that it is the sensor's TXD pin",
      de: "Prüfen Sie, ob die Leitung auf 9600 8N1 steht und ob es der Stift TXD des Sensors ist",
    },
  },
  settings: () => ({ baud: 9600, dataBits: 8, parity: "none", stopBits: 1 }),
  reader: () => {
    const frames = new FixedFrames(form);
    return {
      push: (bytes, _time, sink) => {
        frames.push(
          bytes,
          // Data 4 to 6: under atmospheric environment; 1 to 3 are for factory air.
          (frame) => sink.measured(columns, [word(frame, 10), word(frame, 12), word(frame, 14)]),
          (bad) => sink.fault(bad),
        );
      },
    };
  },
  examples: [
    {
      title: "a street in the morning",
      hex: "424d001c 000b0012001a 0009000f0016 07d4024a005a000800040002 9700 0336",
      values: ["9", "15", "22"],
    },
    {
      title: "rubbish in front, as when the line is opened in the middle of a frame",
      hex: "0008000400429700 42 424d001c 000b0012001a 0009000f0016 07d4024a005a000800040002 9700 0336",
      values: ["9", "15", "22"],
    },
    {
      title: "a flipped bit",
      hex: "424d001c 000b0012001a 0009000f0017 07d4024a005a000800040002 9700 0336",
      fault: "checksum",
    },
  ],
};

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] * 256 + bytes[at + 1];
}

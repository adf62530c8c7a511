import { crc8 } from "../../protocols/crc.ts";
import { type Fault, fault } from "../../protocols/fault.ts";
import { type DriverColumn, type DriverValues, type I2cDriver, numberOption } from "../driver.ts";

const columns: readonly DriverColumn[] = [
  { quantity: "temperature", exponent: -2 },
  { quantity: "relativeHumidity", exponent: -1 },
];

/** Single shot, high repeatability, no clock stretching (SHT3x datasheet §4.3 table 9). */
const singleShot = new Uint8Array([0x24, 0x00]);

/** Sensirion SHT30, SHT31, SHT35: temperature and humidity of the air. */
export const sht31: I2cDriver = {
  name: "sht31",
  title: "Sensirion SHT3x, temperature and relative humidity",
  datasheet: "Sensirion SHT3x-DIS datasheet, version 7, December 2022",
  kind: "i2c",
  options: [
    { name: "address", meaning: "I2C address: 68, or 69 with ADDR high", standard: 68, least: 68, most: 69 },
  ],
  columns: () => columns,
  bounds: [
    [-4500, 13000],
    [0, 1000],
  ],
  fresh: 2000,
  silence: 5000,
  warmUp: 0,
  advice: {
    noBytes: {
      en: "check the sensor's four wires, its supply of 3.3 V and its address (68, or 69 with ADDR high)",
      de: "Prüfen Sie die vier Adern des Sensors, seine Versorgung mit 3,3 V und seine Adresse (68, oder 69 mit ADDR an high)",
    },
    noMeasurement: {
      en: "check the length of the bus lines and their pull-up resistors",
      de: "Prüfen Sie die Länge der Busleitungen und ihre Pull-up-Widerstände",
    },
  },
  order: (options) => ({
    address: numberOption(sht31, options, "address"),
    command: singleShot,
    conversion: 16, // SHT3x datasheet §2.2 table 4: 15.5 ms at most
    length: 6,
  }),
  decode: decode,
  examples: [
    { title: "a room", hex: "66 66 93 80 00 a2", values: ["25.00", "50.0"] },
    { title: "the ends of the scale", hex: "00 00 81 ff ff ac", values: ["-45.00", "100.0"] },
    { title: "a flipped bit", hex: "66 67 93 80 00 a2", fault: "checksum" },
    { title: "a short read", hex: "66 66 93", fault: "truncated" },
  ],
};

/** By itself, so that a board's bundle can have it without the texts above. */
export function decode(answer: Uint8Array): DriverValues | Fault {
  if (answer.length < 6) {
    return fault("truncated", "SHT31 gave " + answer.length + " of 6 bytes");
  }
  if (crc8(answer, 0, 2) !== answer[2] || crc8(answer, 3, 5) !== answer[5]) {
    return fault("checksum", "SHT31 gave a word whose checksum does not fit: noise on the bus");
  }
  const temperature = answer[0] * 256 + answer[1];
  const humidity = answer[3] * 256 + answer[4];
  // SHT3x datasheet §4.13: -45 + 175 x S / (2^16 - 1) Cel and 100 x S / (2^16 - 1) %RH, here in hundredths and tenths.
  return [rounded(17500 * temperature) - 4500, rounded(1000 * humidity)];
}

/** scaled / 65535, to the nearest integer. */
function rounded(scaled: number): number {
  return Math.floor((scaled + 32767) / 65535);
}

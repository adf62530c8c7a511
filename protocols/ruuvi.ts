import { type Advert, AdvertDecoder } from "./advert.ts";
import { toHex } from "./bytes.ts";
import { type Fault, fault } from "./fault.ts";
import type { Measurement, MeterLanguage } from "./meter.ts";

/** Ruuvi sensors: what their adverts hold behind the maker's id 0499, from the format byte on. High byte first. */
export const ruuvi: MeterLanguage = {
  name: "ruuvi",
  title: "RuuviTag and Ruuvi Air",
  standard: "Ruuvi sensor protocols, formats 3, 5 and 6",
  line: { baud: 115200, dataBits: 8, parity: "none", stopBits: 1 },
  decoder: function () {
    return new AdvertDecoder(readRuuvi);
  },
};

const pressureBase = 50000; // Pa
const batteryBase = 1600; // mV
const powerBase = -40; // dBm
const humidityMost = 40000; // steps of 0.0025 %

/** The data behind the maker's id, from the format byte on. Faults: "unsupported" for another format, "truncated" and "syntax" for another length. */
export function readRuuvi(bytes: Uint8Array): Advert | Fault {
  const length = bytes[0] === 3 ? 14 : bytes[0] === 5 ? 24 : bytes[0] === 6 ? 20 : 0;
  if (length === 0) {
    return fault("unsupported", "Ruuvi format " + String(bytes[0]) + ", which is not read here");
  }
  if (bytes.length !== length) {
    return fault(
      bytes.length < length ? "truncated" : "syntax",
      String(bytes.length) + " bytes of Ruuvi format " + String(bytes[0]) + ", which has " + String(length),
    );
  }
  return bytes[0] === 3 ? format3(bytes) : bytes[0] === 5 ? format5(bytes) : format6(bytes);
}

/** RAWv1. Its temperature is a sign, degrees and hundredths. Nothing marks a value that is not there. */
function format3(bytes: Uint8Array): Advert {
  const hundredths = (bytes[2] & 127) * 100 + bytes[3];
  const temperature = bytes[2] > 127 && hundredths > 0 ? -hundredths : hundredths;
  return {
    meter: null,
    measurements: [
      measured("temperature", temperature, -2, "degC"),
      flagged(measured("humidity", bytes[1] * 5, -1, "%"), bytes[1] > 200),
      measured("pressure", word(bytes, 4) + pressureBase, 0, "Pa"),
      measured("acceleration_x", signed(bytes, 6), -3, "g"),
      measured("acceleration_y", signed(bytes, 8), -3, "g"),
      measured("acceleration_z", signed(bytes, 10), -3, "g"),
      measured("battery_voltage", word(bytes, 12), -3, "V"),
    ],
    verified: false,
  };
}

/** RAWv2. The least signed and the greatest unsigned number mean "not available". */
function format5(bytes: Uint8Array): Advert {
  const battery = word(bytes, 13) >> 5;
  const power = bytes[14] & 31;
  return {
    meter: address(bytes, 18),
    measurements: ambient(bytes).concat([
      available("acceleration_x", signed(bytes, 7), -32768, -3, "g"),
      available("acceleration_y", signed(bytes, 9), -32768, -3, "g"),
      available("acceleration_z", signed(bytes, 11), -32768, -3, "g"),
      shifted("battery_voltage", battery, 2047, batteryBase, -3, "V"),
      shifted("tx_power", power === 31 ? 31 : 2 * power, 31, powerBase, 0, "dBm"),
      available("movement_counter", bytes[15], 255, 0, null),
      available("sequence", word(bytes, 16), 65535, 0, null),
    ]),
    verified: false,
  };
}

/** Ruuvi Air. The lowest bits of VOC and NOX are among the flags; of the address only the last three bytes are there. */
function format6(bytes: Uint8Array): Advert {
  const flags = bytes[16];
  return {
    meter: address(bytes, 17),
    measurements: ambient(bytes).concat([
      available("pm25", word(bytes, 7), 65535, -1, "ug/m3"),
      available("co2", word(bytes, 9), 65535, 0, "ppm"),
      available("voc_index", 2 * bytes[11] + ((flags >> 6) & 1), 511, 0, null),
      available("nox_index", 2 * bytes[12] + (flags >> 7), 511, 0, null),
      bytes[13] === 255 ? nothing("illuminance", "lx") : measured("illuminance", luxOf(bytes[13]), -2, "lx"),
      measured("sequence", bytes[15], 0, null),
    ]),
    verified: false,
  };
}

/** Temperature, humidity and pressure, alike in formats 5 and 6. More than 100 % is a fault of the sensor's. */
function ambient(bytes: Uint8Array): Measurement[] {
  const humidity = word(bytes, 3);
  return [
    available("temperature", signed(bytes, 1), -32768, -3, "degC", 5),
    flagged(
      available("humidity", humidity, 65535, -4, "%", 25),
      humidity > humidityMost && humidity !== 65535,
    ),
    shifted("pressure", word(bytes, 5), 65535, pressureBase, 0, "Pa"),
  ];
}

/** The light in hundredths of a lux: a logarithmic scale whose 254 is 65535 lx. */
function luxOf(code: number): number {
  return Math.round(100 * (Math.exp((code * Math.log(65536)) / 254) - 1));
}

function available(
  quantity: string,
  raw: number,
  missing: number,
  exponent: number,
  unit: string | null,
  factor?: number,
): Measurement {
  return raw === missing
    ? nothing(quantity, unit)
    : measured(quantity, raw * (factor === undefined ? 1 : factor), exponent, unit);
}

function shifted(
  quantity: string,
  raw: number,
  missing: number,
  base: number,
  exponent: number,
  unit: string,
): Measurement {
  return raw === missing ? nothing(quantity, unit) : measured(quantity, raw + base, exponent, unit);
}

function measured(quantity: string, integer: number, exponent: number, unit: string | null): Measurement {
  return { quantity: quantity, value: { integer: integer, exponent: exponent }, unit: unit };
}

function nothing(quantity: string, unit: string | null): Measurement {
  return { quantity: quantity, value: null, unit: unit };
}

function flagged(one: Measurement, isWrong: boolean): Measurement {
  return isWrong
    ? { quantity: one.quantity, value: one.value, unit: one.unit, quality: "out-of-range" }
    : one;
}

/** To the end; null where all its bits are set. */
function address(bytes: Uint8Array, from: number): string | null {
  const text = toHex(bytes.subarray(from));
  return /^f+$/.test(text) ? null : text;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] * 256 + bytes[at + 1];
}

function signed(bytes: Uint8Array, at: number): number {
  const value = word(bytes, at);
  return value > 32767 ? value - 65536 : value;
}

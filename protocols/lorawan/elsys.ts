import { fault } from "../fault.ts";
import type { Measurement } from "../meter.ts";
import { type LorawanCodec, long, measured, signedByte, signedWord, word } from "./codec.ts";

/** What follows a type byte, and what it means. */
interface Field {
  readonly length: number;
  read(bytes: Uint8Array, at: number): readonly Measurement[];
}

function one(length: number, value: (bytes: Uint8Array, at: number) => Measurement): Field {
  return { length: length, read: (bytes, at) => [value(bytes, at)] };
}

function byte(quantity: string, unit: string | null): Field {
  return one(1, (bytes, at) => measured(quantity, bytes[at], 0, unit));
}

function unsigned(quantity: string, exponent: number, unit: string | null): Field {
  return one(2, (bytes, at) => measured(quantity, word(bytes, at), exponent, unit));
}

function tenths(quantity: string): Field {
  return one(2, (bytes, at) => measured(quantity, signedWord(bytes, at), -1, "Cel"));
}

function counter(quantity: string): Field {
  return one(4, (bytes, at) => measured(quantity, long(bytes, at), 0, null));
}

/** "Elsys payload": by type. */
const fields: Readonly<Record<number, Field>> = {
  1: tenths("temperature"),
  2: byte("relativeHumidity", "%RH"),
  3: {
    length: 3, // 63 is 1 g
    read: (bytes, at) =>
      ["accelerationX", "accelerationY", "accelerationZ"].map((name, i) =>
        measured(name, signedByte(bytes[at + i]), 0, null),
      ),
  },
  4: unsigned("illuminance", 0, "lx"),
  5: byte("motionCount", null),
  6: unsigned("carbonDioxide", 0, "ppm"),
  7: unsigned("batteryVoltage", -3, "V"),
  8: unsigned("analog1", -3, "V"),
  9: { length: 6, read: () => [] }, // a place: not passed on
  10: unsigned("pulses1", 0, null),
  11: counter("pulseTotal1"),
  12: tenths("externalTemperature1"),
  13: byte("digital1", null),
  14: unsigned("distance", 0, "mm"),
  15: byte("movementCount", null),
  16: {
    length: 4,
    read: (bytes, at) => [
      measured("infraredInternalTemperature", signedWord(bytes, at), -1, "Cel"),
      measured("infraredTemperature", signedWord(bytes, at + 2), -1, "Cel"),
    ],
  },
  17: byte("presence", null), // 0 nobody, 1 perhaps, 2 somebody
  18: byte("waterLeak", null),
  19: { length: 65, read: () => [] }, // a picture of 8 x 8 temperatures
  20: one(4, (bytes, at) => measured("atmosphericPressure", long(bytes, at), -3, "hPa")),
  21: {
    length: 2,
    read: (bytes, at) => [
      measured("soundPeak", bytes[at], 0, "dB"),
      measured("soundLevel", bytes[at + 1], 0, "dB"),
    ],
  },
  22: unsigned("pulses2", 0, null),
  23: counter("pulseTotal2"),
  24: unsigned("analog2", -3, "V"),
  25: tenths("externalTemperature2"),
  26: byte("digital2", null),
  27: one(4, (bytes, at) => measured("analogFine", signed32(bytes, at), -6, "V")),
  28: unsigned("volatileOrganicCompounds", 0, "ppb"),
  61: { length: 4, read: () => [] }, // for the maker
};

/** Elsys ERS, EMS, ELT: one layout for all, type and value by turns, on any port. */
export const elsys: LorawanCodec = {
  name: "elsys",
  title: "Elsys ERS, EMS and ELT, rooms and surroundings",
  source: "Elsys payload description",
  decode: function (_port, bytes) {
    const measurements: Measurement[] = [];
    for (let at = 0; at < bytes.length; ) {
      const field = fields[bytes[at]];
      if (field === undefined) {
        return {
          measurements: measurements,
          fault: fault("unsupported", "type " + String(bytes[at]) + " at byte " + String(at)),
        };
      }
      if (at + 1 + field.length > bytes.length) {
        return {
          measurements: measurements,
          fault: fault("truncated", "type " + String(bytes[at]) + " at byte " + String(at) + " is cut short"),
        };
      }
      field.read(bytes, at + 1).forEach((measurement) => {
        measurements.push(measurement);
      });
      at += 1 + field.length;
    }
    return { measurements: measurements, fault: null };
  },
  examples: [
    {
      title: "a room",
      port: 5,
      hex: "0100e2 0229 040027 0506",
      values: { temperature: "22.6", relativeHumidity: "41", illuminance: "39", motionCount: "6" },
    },
    {
      title: "air and battery in the frost",
      port: 5,
      hex: "01ffce 0601c7 070e1c 14000f6950",
      values: {
        temperature: "-5.0",
        carbonDioxide: "455",
        batteryVoltage: "3.612",
        atmosphericPressure: "1010.000",
      },
    },
    {
      title: "a type nobody knows behind one that is known",
      port: 5,
      hex: "0100e2 3f00",
      values: { temperature: "22.6" },
      fault: "unsupported",
    },
    { title: "cut short", port: 5, hex: "0100", values: {}, fault: "truncated" },
  ],
};

function signed32(bytes: Uint8Array, at: number): number {
  const value = long(bytes, at);
  return value > 2147483647 ? value - 4294967296 : value;
}

import { type Fault, fault } from "../fault.ts";
import type { Measurement } from "../meter.ts";
import { type LorawanCodec, measured, signedWordLow, type Uplink, wordLow } from "./codec.ts";

/** What follows a channel and a type; null where the measurement is not passed on. */
interface Field {
  readonly length: number;
  read(bytes: Uint8Array, at: number): Measurement | null;
}

function field(length: number, read: (bytes: Uint8Array, at: number) => Measurement): Field {
  return { length: length, read: read };
}

function skipped(length: number): Field {
  return { length: length, read: () => null };
}

function tenths(quantity: string): Field {
  return field(2, (bytes, at) => measured(quantity, signedWordLow(bytes, at), -1, "Cel"));
}

function unsigned(quantity: string, exponent: number, unit: string): Field {
  return field(2, (bytes, at) => measured(quantity, wordLow(bytes, at), exponent, unit));
}

function flag(quantity: string): Field {
  return field(1, (bytes, at) => measured(quantity, bytes[at], 0, null));
}

/** Half percents. */
function halves(quantity: string, unit: string): Field {
  return field(1, (bytes, at) => measured(quantity, bytes[at] * 5, -1, unit));
}

type Fields = Readonly<Record<string, Field>>;

/** By channel and type in hex. What a device says about itself when it starts is skipped. */
const common: Fields = {
  "0175": field(1, (bytes, at) => measured("batteryLevel", bytes[at], 0, "%EL")),
  "0367": tenths("temperature"),
  "0468": halves("relativeHumidity", "%RH"),
  ff01: skipped(1), // version of this layout
  ff09: skipped(2), // hardware
  ff0a: skipped(2), // firmware
  ff0b: skipped(1), // switched on
  ff0f: skipped(1), // class
  ff16: skipped(8), // serial number
  ffff: skipped(2), // layout again, of newer firmware
};

const em300Fields: Fields = {
  ...common,
  "0500": flag("waterLeak"),
  "0600": flag("doorOpen"),
};

const em500Fields: Fields = {
  ...common,
  "0377": unsigned("depth", -2, "m"),
  "037b": unsigned("pressure", 0, "kPa"),
  "0382": unsigned("distance", 0, "mm"),
  "0394": field(4, (bytes, at) =>
    measured("illuminance", wordLow(bytes, at) + wordLow(bytes, at + 2) * 65536, 0, "lx"),
  ),
  "04ca": unsigned("soilMoisture", -2, "/100"),
  "057d": unsigned("carbonDioxide", 0, "ppm"),
  "057f": unsigned("soilConductivity", -4, "S/m"),
  "0673": unsigned("atmosphericPressure", -1, "hPa"),
};

export const em300: LorawanCodec = {
  name: "milesight-em300",
  title: "Milesight EM300, temperature, humidity, doors and leaks",
  source: "Milesight EM300 Series User Guide, uplink data",
  decode: function (_port, bytes) {
    return walk(bytes, em300Fields);
  },
  examples: [
    {
      title: "a cellar",
      port: 85,
      hex: "017532 0367c800 04683c",
      values: { batteryLevel: "50", temperature: "20.0", relativeHumidity: "30.0" },
    },
    {
      title: "an open door in the frost, with what it says at the start",
      port: 85,
      hex: "ff0bff ff0101 ff166747b00000000001 0367e7ff 060001",
      values: { temperature: "-2.5", doorOpen: "1" },
    },
    {
      title: "a channel nobody knows",
      port: 85,
      hex: "017532 7f00",
      values: { batteryLevel: "50" },
      fault: "unsupported",
    },
  ],
};

export const em500: LorawanCodec = {
  name: "milesight-em500",
  title: "Milesight EM500, CO2, distance, soil, light, level",
  source: "Milesight EM500 Series User Guide, uplink data",
  decode: function (_port, bytes) {
    return walk(bytes, em500Fields);
  },
  examples: [
    {
      title: "air at a crossing",
      port: 85,
      hex: "01755c 03673401 046865 057d6704 06736827",
      values: {
        batteryLevel: "92",
        temperature: "30.8",
        relativeHumidity: "50.5",
        carbonDioxide: "1127",
        atmosphericPressure: "1008.8",
      },
    },
    {
      title: "a bin that is nearly full",
      port: 85,
      hex: "017564 03821e00",
      values: { batteryLevel: "100", distance: "30" },
    },
    {
      title: "cut short",
      port: 85,
      hex: "017564 03821e",
      values: { batteryLevel: "100" },
      fault: "truncated",
    },
  ],
};

function walk(bytes: Uint8Array, fields: Fields): Uplink {
  const measurements: Measurement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const found = fieldAt(bytes, at, fields);
    if ("fault" in found) {
      return { measurements: measurements, fault: found };
    }
    const measurement = found.read(bytes, at + 2);
    if (measurement !== null) {
      measurements.push(measurement);
    }
    at += 2 + found.length;
  }
  return { measurements: measurements, fault: null };
}

function fieldAt(bytes: Uint8Array, at: number, fields: Fields): Field | Fault {
  const key = hexByte(bytes[at]) + (at + 1 < bytes.length ? hexByte(bytes[at + 1]) : "");
  const found = fields[key];
  if (found === undefined && at + 1 < bytes.length) {
    return fault("unsupported", "channel and type " + key + " at byte " + String(at));
  }
  return found === undefined || at + 2 + found.length > bytes.length
    ? fault("truncated", "channel and type " + key + " at byte " + String(at) + " are cut short")
    : found;
}

function hexByte(byte: number): string {
  return (byte < 16 ? "0" : "") + byte.toString(16);
}

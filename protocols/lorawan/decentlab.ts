import { fault } from "../fault.ts";
import type { Measurement } from "../meter.ts";
import { type LorawanCodec, measured, type Uplink, type UplinkExample, word } from "./codec.ts";

/** A sensor of a Decentlab device: so many words, present where its bit is set. */
interface Part {
  readonly words: number;
  read(words: readonly number[]): readonly Measurement[];
}

/** Scaled so that `full` is the end of the scale: to the nearest integer. */
function share(scaled: number, full: number): number {
  return Math.floor((scaled + full / 2) / full);
}

function plain(quantity: string, exponent: number, unit: string | null): Part {
  return { words: 1, read: (words) => [measured(quantity, words[0], exponent, unit)] };
}

const battery = plain("batteryVoltage", -3, "V");

/** SHT3x: -45 + 175 x / 65535 Cel, 100 x / 65535 %RH. */
const sht3x: Part = {
  words: 2,
  read: (words) => [
    measured("temperature", share(17500 * words[0], 65535) - 4500, -2, "Cel"),
    measured("relativeHumidity", share(10000 * words[1], 65535), -2, "%RH"),
  ],
};

/** SHT21: -46.85 + 175.72 x / 65536 Cel, -6 + 125 x / 65536 %RH. */
const sht21: Part = {
  words: 2,
  read: (words) => [
    measured("temperature", share(17572 * words[0], 65536) - 4685, -2, "Cel"),
    measured("relativeHumidity", share(12500 * words[1], 65536) - 600, -2, "%RH"),
  ],
};

const pressure: Part = {
  words: 1,
  read: (words) => [measured("atmosphericPressure", 2 * words[0], -2, "hPa")],
};

const particles: Part = {
  words: 10,
  read: (words) =>
    ["pm1", "pm25", "pm4", "pm10"]
      .map((name, i) => measured(name, words[i], -1, "ug/m3"))
      .concat([measured("particleSize", words[4], 0, "nm")])
      .concat(
        ["pm05Count", "pm1Count", "pm25Count", "pm4Count", "pm10Count"].map((name, i) =>
          measured(name, words[5 + i], -1, "1/cm3"),
        ),
      ),
};

/** TSL2561: visible and infrared, infrared; the lux follow from both. */
const light: Part = {
  words: 2,
  read: (words) => {
    const dim = 100 * words[0] - 164 * words[1];
    const bright = 59 * words[0] - 86 * words[1];
    return [measured("illuminance", Math.max(dim, bright, 0) * 15504, -6, "lx")];
  },
};

const carbonDioxide: Part = {
  words: 3,
  // A status other than 0 means that the value is not to be trusted.
  read: (words) => [measured("carbonDioxide", words[1] === 0 ? words[0] - 32768 : null, 0, "ppm")],
};

const distance: Part = {
  words: 2,
  // The second word counts the echoes; without any the distance is none.
  read: (words) => [measured("distance", words[1] === 0 ? null : words[0], 0, "mm")],
};

const headLength = 5;
const version = 2;

/** Version, device number, one bit a sensor, then each sensor's words, high byte first. */
function codec(
  name: string,
  title: string,
  parts: readonly Part[],
  examples: readonly UplinkExample[],
): LorawanCodec {
  return {
    name: name,
    title: title,
    source: "Decentlab, " + title.slice(0, title.indexOf(",")) + " payload, protocol version 2",
    decode: (_port, bytes) => readParts(bytes, parts),
    examples: examples,
  };
}

function readParts(bytes: Uint8Array, parts: readonly Part[]): Uplink {
  if (bytes.length < headLength || bytes[0] !== version) {
    const found = bytes.length === 0 ? "no bytes" : "version " + String(bytes[0]);
    return { measurements: [], fault: fault("unsupported", found + "; version 2 is read") };
  }
  let measurements: readonly Measurement[] = [];
  let at = headLength;
  let flags = word(bytes, 3);
  for (let i = 0; flags > 0; i++) {
    if (flags % 2 === 1) {
      if (i >= parts.length) {
        return {
          measurements: measurements,
          fault: fault("unsupported", "a sensor number " + String(i) + ", which this device has not"),
        };
      }
      const words = wordsAt(bytes, at, parts[i].words);
      if (words === null) {
        return {
          measurements: measurements,
          fault: fault("truncated", "sensor number " + String(i) + " is cut short"),
        };
      }
      measurements = measurements.concat(parts[i].read(words));
      at += 2 * parts[i].words;
    }
    flags = Math.floor(flags / 2);
  }
  return { measurements: measurements, fault: null };
}

function wordsAt(bytes: Uint8Array, at: number, count: number): readonly number[] | null {
  if (at + 2 * count > bytes.length) {
    return null;
  }
  const words: number[] = [];
  for (let i = 0; i < count; i++) {
    words.push(word(bytes, at + 2 * i));
  }
  return words;
}

export const dlSht35 = codec(
  "decentlab-dl-sht35",
  "DL-SHT35, temperature and humidity",
  [sht3x, battery],
  [
    {
      title: "a summer's day",
      port: 1,
      hex: "02 030e 0003 64a0 79b1 0c60",
      values: { temperature: "23.79", relativeHumidity: "47.54", batteryVoltage: "3.168" },
    },
    { title: "the battery alone", port: 1, hex: "02 030e 0002 0c60", values: { batteryVoltage: "3.168" } },
  ],
);

export const dlMbx = codec(
  "decentlab-dl-mbx",
  "DL-MBX, ultrasonic distance",
  [distance, battery],
  [
    {
      title: "a river's level",
      port: 1,
      hex: "02 012f 0003 04d2 0001 0bb1",
      values: { distance: "1234", batteryVoltage: "2.993" },
    },
    {
      title: "no echo",
      port: 1,
      hex: "02 012f 0003 0000 0000 0bb1",
      values: { distance: null, batteryVoltage: "2.993" },
    },
  ],
);

export const dlPm = codec(
  "decentlab-dl-pm",
  "DL-PM, particulate matter",
  [battery, particles, sht21, pressure],
  [
    {
      title: "clean air",
      port: 1,
      hex: "02 1b50 000f 0c25 0025 0027 0027 0027 01f5 0107 012c 012d 012d 012d 67bd 618d bd10",
      values: {
        batteryVoltage: "3.109",
        pm1: "3.7",
        pm25: "3.9",
        pm4: "3.9",
        pm10: "3.9",
        particleSize: "501",
        pm05Count: "26.3",
        pm1Count: "30.0",
        pm25Count: "30.1",
        pm4Count: "30.1",
        pm10Count: "30.1",
        temperature: "24.36",
        relativeHumidity: "41.63",
        atmosphericPressure: "968.00",
      },
    },
    { title: "cut short", port: 1, hex: "02 1b50 0001 0c", values: {}, fault: "truncated" },
  ],
);

export const dlIam = codec(
  "decentlab-dl-iam",
  "DL-IAM, indoor air",
  [
    battery,
    sht3x,
    pressure,
    light,
    carbonDioxide,
    plain("motionCount", 0, null),
    plain("volatileOrganicCompounds", 0, "ppb"),
  ],
  [
    {
      title: "an office",
      port: 1,
      hex: "02 0bbd 007f 0b92 6a51 5d48 bc4e 0262 0069 81c7 0000 93d4 000b 0111",
      values: {
        batteryVoltage: "2.962",
        temperature: "27.68",
        relativeHumidity: "36.44",
        atmosphericPressure: "964.12",
        illuminance: "678.765120",
        carbonDioxide: "455",
        motionCount: "11",
        volatileOrganicCompounds: "273",
      },
    },
    { title: "another version", port: 1, hex: "03 0bbd 0001 0b92", values: {}, fault: "unsupported" },
    {
      title: "a sensor too many",
      port: 1,
      hex: "02 0bbd 0101 0b92 0000",
      values: { batteryVoltage: "2.962" },
      fault: "unsupported",
    },
  ],
);

import { type Fault, fault } from "../fault.ts";
import type { Measurement } from "../meter.ts";
import { type LorawanCodec, measured, read, refused, signedWord, word } from "./codec.ts";

/** Dragino's sensors begin with the battery in 14 bits and speak on port 2. */
const port = 2;
/** Distances that are none (LDDS75 User Manual, distance). */
const noSensor = 0;
const outOfReach = 20;
/** What a missing DS18B20 probe reads as, tenths of a degree. */
const noProbe = 3276;

export const ldds75: LorawanCodec = {
  name: "dragino-ldds75",
  title: "Dragino LDDS75, ultrasonic distance",
  source: "Dragino LDDS75 User Manual, uplink payload",
  decode: function (on, bytes) {
    if (on !== port || (bytes.length !== 4 && bytes.length !== 8)) {
      return refused(layout("LDDS75", on, bytes, "4 or 8"));
    }
    const distance = word(bytes, 2);
    const measurements = [
      battery(bytes),
      measured("distance", distance === noSensor || distance === outOfReach ? null : distance, 0, "mm"),
    ];
    return read(bytes.length === 8 ? measurements.concat([probe(bytes, 5)]) : measurements);
  },
  examples: [
    {
      title: "a tank, no probe for the temperature",
      port: 2,
      hex: "0e1c 0b05 00 0000 01",
      values: { batteryVoltage: "3.612", distance: "2821", temperature: "0.0" },
    },
    {
      title: "the short layout of early firmware",
      port: 2,
      hex: "0e1c 0b05",
      values: { batteryVoltage: "3.612", distance: "2821" },
    },
    {
      title: "nothing within reach",
      port: 2,
      hex: "0d4a 0014",
      values: { batteryVoltage: "3.402", distance: null },
    },
    { title: "another port", port: 42, hex: "0e1c 0b05", values: {}, fault: "unsupported" },
  ],
};

export const lse01: LorawanCodec = {
  name: "dragino-lse01",
  title: "Dragino LSE01, soil moisture and conductivity",
  source: "Dragino LSE01 User Manual §2.3",
  decode: function (on, bytes) {
    if (on !== port || bytes.length !== 11) {
      return refused(layout("LSE01", on, bytes, "11"));
    }
    return read([
      battery(bytes),
      probe(bytes, 2),
      measured("soilMoisture", word(bytes, 4), -2, "/100"),
      measured("soilTemperature", signedWord(bytes, 6), -2, "Cel"),
      measured("soilConductivity", word(bytes, 8), -4, "S/m"), // uS/cm on the wire,
    ]);
  },
  examples: [
    {
      title: "a flower bed",
      port: 2,
      hex: "ce29 00f1 07a5 099b 6e28 90",
      values: {
        batteryVoltage: "3.625",
        temperature: "24.1",
        soilMoisture: "19.57",
        soilTemperature: "24.59",
        soilConductivity: "2.8200",
      },
    },
    {
      title: "frozen ground, no probe",
      port: 2,
      hex: "0b45 7fff 05dc ff7e 00c8 10",
      values: {
        batteryVoltage: "2.885",
        temperature: null,
        soilMoisture: "15.00",
        soilTemperature: "-1.30",
        soilConductivity: "0.0200",
      },
    },
    { title: "cut short", port: 2, hex: "ce29 00f1 07a5 099b 6e28", values: {}, fault: "unsupported" },
  ],
};

function battery(bytes: Uint8Array): Measurement {
  return measured("batteryVoltage", word(bytes, 0) % 16384, -3, "V");
}

function probe(bytes: Uint8Array, at: number): Measurement {
  const tenths = signedWord(bytes, at);
  return measured("temperature", tenths >= noProbe ? null : tenths, -1, "Cel");
}

function layout(model: string, on: number, bytes: Uint8Array, lengths: string): Fault {
  return fault(
    "unsupported",
    String(bytes.length) + " bytes on port " + String(on) + "; " + model + " sends " + lengths + " on port 2",
  );
}

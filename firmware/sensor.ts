import type { BehindReading } from "../protocols/dsmr-behind.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import type { Advice, DriverColumn, DriverFacts, DriverValues } from "./driver.ts";

/** What a sensor last gave. */
export interface Measurement {
  readonly columns: readonly DriverColumn[];
  readonly values: DriverValues;
  /** When it came, ms, monotonic. */
  readonly time: number;
}

/**
 * One sensor at its port: keeps the newest measurement and says when the sensor is silent, with what to do about it. Each silence
 * is one fault, however long it lasts. One that is asked: i2c-sensor.ts; one that talks by itself: uart-sensor.ts.
 */
export interface Sensor {
  /** What it gives, or null where the first telegram decides. */
  readonly columns: readonly DriverColumn[] | null;
  /** Opens the port; a Fault where the platform has none of that name. */
  open(now: number): Fault | null;
  close(): void;
  /** Whether a first row may be taken. */
  begins(now: number): boolean;
  /** Whether what there is to know about the row that is due is known. Asks a sensor that answers when asked. */
  settled(due: number, now: number): boolean;
  /** The newest measurement that may stand in a row of `now`; null for none. */
  fresh(now: number): Measurement | null;
  /** ms until it wants to be looked at, the next row being due at `due` (-1 before the first). */
  wait(due: number, now: number): number;
}

/** What a sensor tells its node. */
export interface SensorHooks {
  onFault(fault: Fault): void;
  /** There is something new to look at. */
  onNews(): void;
  /** A meter behind the sensor said something. Absent where nobody asks. */
  readonly onBehind?: (reading: BehindReading) => void;
}

/** A sensor called silent: what was heard of it, and what a person can do about it. */
export interface Silence extends Fault {
  readonly label: string;
  readonly seconds: number;
  readonly bytes: number;
  readonly advice: Advice;
}

/** Why a sensor is called silent, for a person on a ladder. */
export function silence(
  label: string,
  advice: DriverFacts["advice"],
  heard: { readonly seconds: number; readonly bytes: number },
): Silence {
  const own = heard.bytes === 0 ? advice.noBytes : advice.noMeasurement;
  return Object.assign(
    fault(
      "silent",
      label +
        (heard.bytes === 0 ? ": nothing came for " : ": " + heard.bytes + " bytes but no measurement in ") +
        heard.seconds +
        " s: " +
        own.en,
    ),
    { label: label, advice: own },
    heard,
  );
}

/** Whether a fault is that of a silent sensor, which brings advice. */
export function isSilence(fault: Fault): fault is Silence {
  return fault.fault === "silent" && (fault as Partial<Silence>).advice !== undefined;
}

import { type Fault, fault } from "../protocols/fault.ts";
import type { DriverColumn, DriverFacts, DriverValues } from "./driver.ts";

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
}

/** Why a sensor is called silent, for a person on a ladder. */
export function silence(
  label: string,
  advice: DriverFacts["advice"],
  heard: { readonly seconds: number; readonly bytes: number },
): Fault {
  return fault(
    "silent",
    heard.bytes === 0
      ? label + ": nothing came for " + heard.seconds + " s: " + advice.noBytes
      : label +
          ": " +
          heard.bytes +
          " bytes but no measurement in " +
          heard.seconds +
          " s: " +
          advice.noMeasurement,
  );
}

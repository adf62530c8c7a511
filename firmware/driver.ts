import type { UartSettings } from "../boards/platform.ts";
import type { Integer } from "../protocols/decimal.ts";
import type { BehindReading } from "../protocols/dsmr-behind.ts";
import type { Fault } from "../protocols/fault.ts";
import type { MeterKeys } from "../protocols/meter.ts";
import type { QuantityName } from "../protocols/quantity.ts";
import type { DriverOptions } from "./installation-type.ts";

/**
 * A driver is a datasheet in TypeScript: what to send, how long to wait, how much to read, one formula; and its own examples. It
 * turns bytes into exact integers in the exponents its columns name. It knows no clock, no bus and no row.
 */
export type Driver = AnalogDriver | AskedDriver | I2cDriver | PulseDriver | UartDriver;

/** The file of a meter's own key, and that of a DLMS meter's authentication key. */
export type KeyFileName = "keyFile" | "authFile";

/** What a driver gives: a quantity, counted in 10^exponent of its unit (protocols/quantity.ts). */
export interface DriverColumn {
  readonly quantity: QuantityName;
  readonly exponent: number;
}

/** What a board may be told to read of a meter, whose columns must be known before its first telegram there. */
export interface Channels {
  /** Where nobody names any; empty where there are no usual ones. */
  readonly usual: readonly QuantityName[];
  possible(): readonly QuantityName[];
}

/** One value per column; null where the sensor gave none. */
export type DriverValues = readonly (Integer | null)[];

/** What a person can do, as a sentence without its end: what comes before it in a log says of which sensor. */
export interface Advice {
  readonly en: string;
  readonly de: string;
}

export interface DriverFacts {
  /** As installations name it. Also the name of its file. */
  readonly name: string;
  readonly title: string;
  /** The document its numbers are from. */
  readonly datasheet: string;
  readonly options: readonly DriverOption[];
  /** Keys that its telegrams may be sealed with, as files of its installation name them; absent for what never encrypts. */
  readonly keyFiles?: readonly KeyFileName[];
  /** What it gives, or null where the first telegram decides (then it counts as personal). */
  columns(options: DriverOptions): readonly DriverColumn[] | null;
  /** Where the first telegram decides, and a board can read it all the same: what its installation may name as columns. */
  readonly channels?: Channels;
  /**
   * What its arithmetic can give at the very most, by column, where each of its measurements has all values: whole numbers. A board's
   * build then asks of a row only what this leaves open. Absent: everything is asked.
   */
  readonly bounds?: readonly (readonly [least: number, most: number])[];
  /** A measurement may stand in rows this long after it came, ms; later rows say "missing". */
  readonly fresh: number;
  /** Without a measurement for this long, ms, the sensor is called silent. */
  readonly silence: number;
  /** From the first sign of life, ms, in which values are not to be trusted. */
  readonly warmUp: number;
  /** What to do when nothing comes, and when bytes come that make no measurement. */
  readonly advice: { readonly noBytes: Advice; readonly noMeasurement: Advice };
  readonly examples: readonly DriverExample[];
}

/** A sensor that answers when it is asked. */
export interface I2cDriver extends DriverFacts {
  readonly kind: "i2c";
  /** Command bytes, then ms until the answer is ready, then how many bytes to read. */
  order(options: DriverOptions): {
    readonly address: number;
    readonly command: Uint8Array;
    readonly conversion: number;
    readonly length: number;
  };
  /** The answer as values, or "truncated" and "checksum" Faults. Takes any bytes. */
  decode(answer: Uint8Array): DriverValues | Fault;
}

/** A sensor that gives a voltage. Its examples are levels, 2 bytes, high byte first. */
export interface AnalogDriver extends DriverFacts {
  readonly kind: "analog";
  /** What a level means, 0 to 65535 of the supply voltage, or a "range" Fault. */
  values(level: number, options: DriverOptions): DriverValues | Fault;
}

/** A sensor that gives pulses. Its examples are counts, 6 bytes, high byte first. */
export interface PulseDriver extends DriverFacts {
  readonly kind: "pulse";
  /** ms that a contact must stay closed. */
  debounce(options: DriverOptions): number;
  /** What so many pulses since the start mean, or a "range" Fault. */
  values(pulses: number, options: DriverOptions): DriverValues | Fault;
}

/** A sensor or meter that answers over a serial line when it is asked: Modbus, D0 in modes A to C, M-Bus. */
export interface AskedDriver extends DriverFacts {
  readonly kind: "asked";
  /** Its line may be a network connection, `tcp://host:port`. */
  readonly network?: true;
  /** Its session changes the line's speed. */
  readonly changes?: true;
  settings(options: DriverOptions): UartSettings;
  /** What asks it, from the line's opening on. `keys`: what opens the meter's telegrams, where it encrypts. */
  session(options: DriverOptions, keys?: MeterKeys): AskedSession;
}

/** Asks for one measurement at a time. Bytes that come in between are pushed too, so that a late answer is known for late. */
export interface AskedSession {
  /** When to call tick, ms, monotonic; null when nothing is awaited. */
  readonly deadline: number | null;
  /** Begins. Ends with `done`, with or without a measurement. */
  start(now: number, host: AskedHost): void;
  push(bytes: Uint8Array, now: number, host: AskedHost): void;
  /** Time has come to `deadline`. Earlier calls do nothing. */
  tick(now: number, host: AskedHost): void;
  /** The line is gone. */
  closed(why: Fault, host: AskedHost): void;
}

export interface AskedHost extends ReaderSink {
  send(bytes: Uint8Array): void;
  /** Changes the line's settings before what is sent next; only for a sensor that has its line to itself. */
  line(settings: UartSettings): void;
  done(): void;
}

/** A sensor that talks by itself. */
export interface UartDriver extends DriverFacts {
  readonly kind: "uart";
  /** Other meters may speak through it, as gas and water do through a P1 port: their readings are rows of their own. */
  readonly hasOthers?: true;
  /** Each of its measurements is a row, when it comes: the sensor's own battery or a car decides. Absent where rows are taken at intervals. */
  readonly arrives?: true;
  settings(options: DriverOptions): UartSettings;
  /** A reader for one line, from the line's opening on. `keys`: what opens the meter's telegrams, where it encrypts. */
  reader(options: DriverOptions, keys?: MeterKeys): UartReader;
}

/** Any chunking of the same bytes gives the same measurements; memory is bounded; nothing is thrown whatever comes. */
export interface UartReader {
  /** Takes what came at `time` (ms, monotonic). */
  push(bytes: Uint8Array, time: number, sink: ReaderSink): void;
}

export interface ReaderSink {
  /** What a meter behind this one last said, by its own time. Absent where nobody asks for it. */
  readonly behind?: (reading: BehindReading) => void;
  /** The same `columns` array as long as they have not changed. */
  measured(columns: readonly DriverColumn[], values: DriverValues): void;
  fault(fault: Fault): void;
}

/** A setting of one driver. Configuration, its checks and the docs are made from these. */
export interface DriverOption {
  readonly name: string;
  /** With its unit. */
  readonly meaning: string;
  readonly standard: string | number | boolean;
  /** For numbers. */
  readonly least?: number;
  readonly most?: number;
  /** For texts: the values there are. */
  readonly choices?: readonly string[];
  /** For texts with a meaning: a Bluetooth address, a primary or secondary one, eight digits. */
  readonly form?: "mac" | "mbusAddress" | "meterId";
  /** There is no standard: it must be given. */
  readonly required?: true;
}

/** Bytes of the sensor with what they mean: decimal texts by column (null: missing), or the Fault they must give. */
export interface DriverExample {
  readonly title: string;
  readonly hex: string;
  readonly values?: readonly (string | null)[];
  readonly fault?: Fault["fault"];
}

/** The value of an option as installed, or its standard. */
export function numberOption(driver: Driver, options: DriverOptions, name: string): number {
  const value = option(driver, options, name);
  return typeof value === "number" ? value : 0;
}

/** What the installation says, or what is usual for this driver, as text. */
export function textOption(driver: Driver, options: DriverOptions, name: string): string {
  return String(option(driver, options, name));
}

/** The same for what is yes or no. */
export function flagOption(driver: Driver, options: DriverOptions, name: string): boolean {
  return option(driver, options, name) === true;
}

function option(driver: Driver, options: DriverOptions, name: string): string | number | boolean | undefined {
  const installed = options[name];
  if (installed !== undefined) {
    return installed;
  }
  const row = driver.options.find((candidate) => candidate.name === name);
  return row === undefined ? undefined : row.standard;
}

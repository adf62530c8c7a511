import type { Decimal } from "../protocols/decimal.ts";
import type { MeterKeys } from "../protocols/meter.ts";
import type { QuantityName } from "../protocols/quantity.ts";
import type { DriverColumn } from "./driver.ts";

/**
 * What one device is told about itself: who it is, which sensors hang on it, how much it keeps. Plain data, already checked; the
 * schema of `device.yaml` (installation.ts) and the mapping to this type are no concern of a board. Durations are milliseconds.
 */
export interface Installation {
  /** RFC 9039 URN, e.g. urn:dev:ops:pb-rathaus-meter-017. */
  readonly device: string;
  /** Name of the deployment: salt of the key derivation. */
  readonly deployment: string;
  /** Key id, 0 to 65535, given at enrolment. */
  readonly kid: number;
  /** The device's root key, 16 or 32 bytes. Only key derivation reads it. */
  readonly root: Uint8Array;
  /** Envelope algorithm: 0 AES-CCM-16-64-128, 1 HMAC 256/64 (protocols/envelope.ts). */
  readonly alg: 0 | 1;
  /** Version of the firmware, as the hello names it. */
  readonly firmware: string;
  readonly sensors: readonly InstalledSensor[];
  readonly batch: Batch;
  /** Between two status messages; an hour at most (WIRE 3). */
  readonly statusInterval: number;
  readonly outbox: OutboxLimits;
}

export interface InstalledSensor {
  /** Name of a driver in drivers/index.ts, e.g. "sml-meter". */
  readonly driver: string;
  /** Bus or port as the platform names it, e.g. "/dev/ttyUSB0" or "i2c-1". */
  readonly port: string;
  /** Between two rows; null: what the driver says, a quarter of an hour for personal quantities. */
  readonly interval: number | null;
  /** Rows in which no value moved further than its band are not sent. Empty: every row is sent. */
  readonly deadBands: readonly DeadBand[];
  /** With dead bands, and for a sensor that is silent: at least one row this often. */
  readonly heartbeat: number;
  /** The driver's own settings by name; absent ones take the default of the driver's table. */
  readonly options: DriverOptions;
  /** At a board: the columns of a meter whose first telegram decides them elsewhere. */
  readonly channels?: readonly DriverColumn[];
  /** What opens the telegrams of a meter that encrypts. */
  readonly keys?: MeterKeys;
}

export interface DeadBand {
  readonly quantity: QuantityName;
  /** In the quantity's unit. */
  readonly band: Decimal;
}

export type DriverOptions = Readonly<Record<string, string | number | boolean>>;

/** An open pack is sealed when it holds `rows` rows or its first row is `delay` old, whichever comes first. */
export interface Batch {
  readonly rows: number;
  readonly delay: number;
}

export interface OutboxLimits {
  readonly bytesMax: number;
  readonly framesMax: number;
  /** Whether frames are kept in storage too, so that they survive a power cut. */
  readonly persistent: boolean;
}

/** What stands in a device's files unless its owner says otherwise. */
export const installationDefaults = {
  batch: { rows: 24, delay: 60000 },
  statusInterval: 3600000,
  outbox: { bytesMax: 1048576, framesMax: 4096, persistent: true },
  /** Rows of personal quantities: MsbG's quarter of an hour. */
  personalInterval: 900000,
};

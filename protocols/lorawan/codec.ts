import type { Fault } from "../fault.ts";
import type { Measurement, MeterNumber } from "../meter.ts";

/**
 * Gateway only: what a LoRaWAN device's bytes mean (its FRMPayload, already decrypted by the network server). One maker's devices in a
 * file, with examples that a test runs; one line each in index.ts. Quantities that protocols/quantity.ts has bear its names and units.
 */
export interface LorawanCodec {
  /** As configs name it, e.g. "bosch-tps110". */
  readonly name: string;
  readonly title: string;
  /** Where the layout is described. */
  readonly source: string;
  /** Takes any bytes of any port. An unknown port or layout is a Fault, never a guess. */
  decode(port: number, bytes: Uint8Array): Uplink;
  readonly examples: readonly UplinkExample[];
}

/** What one payload says. */
export interface Uplink {
  readonly measurements: readonly Measurement[];
  /** Why nothing more, or nothing at all, could be read; null where everything was. */
  readonly fault: Fault | null;
}

/** A payload with what it means: decimal texts by quantity, null for "the sensor has no value", or the code of its Fault, or both. */
export interface UplinkExample {
  readonly title: string;
  readonly port: number;
  readonly hex: string;
  readonly values: Readonly<Record<string, string | null>>;
  readonly fault?: Fault["fault"];
}

/** A measurement of `integer` times ten to the `exponent`; null: the sensor says that it has no value. */
export function measured(
  quantity: string,
  integer: number | null,
  exponent: number,
  unit: string | null,
): Measurement {
  const value: MeterNumber | null = integer === null ? null : { integer: integer, exponent: exponent };
  return { quantity: quantity, value: value, unit: unit };
}

/** Everything was read. */
export function read(measurements: readonly Measurement[]): Uplink {
  return { measurements: measurements, fault: null };
}

/** Nothing was read. */
export function refused(fault: Fault): Uplink {
  return { measurements: [], fault: fault };
}

/** Big-endian. */
export function word(bytes: Uint8Array, at: number): number {
  return bytes[at] * 256 + bytes[at + 1];
}

/** Big-endian, as is the next. */
export function signedWord(bytes: Uint8Array, at: number): number {
  const value = word(bytes, at);
  return value > 32767 ? value - 65536 : value;
}

export function long(bytes: Uint8Array, at: number): number {
  return word(bytes, at) * 65536 + word(bytes, at + 2);
}

/** Little-endian. */
export function wordLow(bytes: Uint8Array, at: number): number {
  return bytes[at] + bytes[at + 1] * 256;
}

/** Little-endian. */
export function signedWordLow(bytes: Uint8Array, at: number): number {
  const value = wordLow(bytes, at);
  return value > 32767 ? value - 65536 : value;
}

/** A byte as two's complement. */
export function signedByte(byte: number): number {
  return byte > 127 ? byte - 256 : byte;
}

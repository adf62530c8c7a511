import { toHex } from "../../protocols/bytes.ts";
import { decimalText } from "../../protocols/decimal.ts";
import type { BadTelegram, MeterKeys, MeterNumber, Telegram } from "../../protocols/meter.ts";
import type { CompactFormats } from "../../protocols/wmbus-compact.ts";
import type { Sheet } from "./sheet.ts";

/** What is known of the line when one telegram is explained. */
export interface ExplainContext {
  readonly keys: MeterKeys;
  /** Formats of wireless compact frames, from the telegrams before. */
  readonly formats: CompactFormats;
}

/**
 * Explains one telegram, from its first byte on, as far as it goes. `result` is what the decoder made of it: values are the decoder's own.
 * Null for bytes before the first telegram.
 */
export type Explainer = (
  sheet: Sheet,
  result: Telegram | BadTelegram | null,
  context: ExplainContext,
) => void;

export function numberText(value: MeterNumber | string | null): string {
  return value === null
    ? "-"
    : typeof value === "string"
      ? value
      : decimalText(value.integer, value.exponent);
}

export function valueText(value: MeterNumber | string | null, unit: string | null): string {
  return unit === null ? numberText(value) : `${numberText(value)} ${unit}`;
}

export function byteHex(byte: number): string {
  return toHex(new Uint8Array([byte]));
}

/** Hexadecimal, with the text where all of it is text. */
export function octetsText(bytes: Uint8Array): string {
  const isText = bytes.length > 1 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isText ? `${toHex(bytes)} “${asText(bytes)}”` : toHex(bytes);
}

export function asText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** "ok", or what was expected and what was found. */
export function checkText(expected: string, found: string): string {
  return expected === found ? `${found} = ok` : `${found} ≠ ${expected}`;
}

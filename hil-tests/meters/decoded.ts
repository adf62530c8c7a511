import { decimalText } from "../../protocols/decimal.ts";
import { isFault } from "../../protocols/fault.ts";
import type { BadTelegram, MeterLanguage, MeterReading, Telegram } from "../../protocols/meter.ts";

/** What a language makes of bytes that come in pieces of `chunk`, with the end of the line behind them. */
export function decodeAll(
  language: Pick<MeterLanguage, "decoder">,
  bytes: Uint8Array,
  chunk = bytes.length,
): (Telegram | BadTelegram)[] {
  const decoder = language.decoder();
  const results: (Telegram | BadTelegram)[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    results.push(...decoder.push(bytes.subarray(at, at + chunk)));
  }
  return [...results, ...decoder.end()];
}

export function goodOnes(results: readonly (Telegram | BadTelegram)[]): Telegram[] {
  return results.filter((result): result is Telegram => !isFault(result));
}

/** "offset code" of each bad one. */
export function faultsOf(results: readonly (Telegram | BadTelegram)[]): string[] {
  return results.flatMap((result) => (isFault(result) ? [`${result.offset} ${result.fault}`] : []));
}

/** A reading as `hasen decode` prints it. */
export function readingLine({ obis, value, unit, time }: MeterReading) {
  const text = typeof value === "string" ? value : decimalText(value.integer, value.exponent);
  return { obis, value: text, unit, ...(time !== undefined && { time }) };
}

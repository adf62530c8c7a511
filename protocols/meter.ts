import type { Integer } from "./decimal.ts";
import type { Fault } from "./fault.ts";

/** One entry of a telegram as its language names it. */
export interface MeterReading {
  /** OBIS code `A-B:C.D.E*F` (IEC 62056-61), or the address exactly as sent. */
  readonly obis: string;
  /** An exact decimal, or text as sent (octet strings as lower-case hex). */
  readonly value: MeterNumber | string;
  /** Unit text by DLMS code (IEC 62056-62 table 2), null where the meter gives none. */
  readonly unit: string | null;
  /** "corrected" where a known fault of the meter was put right. Absent when the value stands as sent. */
  readonly quality?: "corrected" | "salvaged";
  /** When the meter says it took the value: ISO 8601, or as the language sends it. Absent where it gives no time of day. */
  readonly time?: string;
  /** The entry's status word as sent. Absent where there is none. */
  readonly status?: Integer;
}

export interface MeterNumber {
  readonly integer: Integer;
  /** Power of ten. */
  readonly exponent: number;
}

/** A whole telegram whose checksums hold. */
export interface Telegram {
  /** Byte offset of its first byte since the decoder's start. */
  readonly offset: number;
  /** The meter's own id, lower-case hex or as sent; null where it gives none. */
  readonly meter: string | null;
  readonly readings: readonly MeterReading[];
}

/** A stretch of line that was no good telegram. */
export interface BadTelegram extends Fault {
  readonly offset: number;
}

/**
 * Bytes of one meter's line in, telegrams out. Any chunking of the same bytes gives the same result; memory is bounded;
 * nothing is thrown whatever comes.
 */
export interface MeterDecoder {
  push(bytes: Uint8Array): readonly (Telegram | BadTelegram)[];
  /** Says that no more bytes come: an unfinished telegram is reported as truncated. */
  end(): readonly BadTelegram[];
}

/** One meter language, as its registry lists it (protocols/index.ts). */
export interface MeterLanguage {
  /** As `hasen decode` and configs name it, e.g. "sml". */
  readonly name: string;
  readonly title: string;
  /** Where it is defined. */
  readonly standard: string;
  /** The usual line of such a meter. */
  readonly line: {
    readonly baud: number;
    readonly dataBits: 7 | 8;
    readonly parity: "none" | "even";
    readonly stopBits: 1 | 2;
  };
  decoder(): MeterDecoder;
}

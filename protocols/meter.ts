import type { BlockCiphers } from "./block-ciphers.ts";
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
  readonly quality?: "corrected";
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

/** One data record of an M-Bus telegram, wired or wireless (EN 13757-3 §6). */
export interface DataRecord {
  /** DIF, DIFEs, VIF (with the length and text of a plain-text VIF) and VIFEs, lower-case hex. Empty for fixed data and for makers' own formats. */
  readonly header: string;
  /** The data as on the wire, without the length byte of variable data; lower-case hex. */
  readonly raw: string;
  /** What the VIF names: "volume", "flow-temperature"; codes no table knows are "vif-6f", "ext-fd-2c", "ext-fb-14". */
  readonly quantity: string;
  readonly function: "instantaneous" | "maximum" | "minimum" | "error";
  readonly storage: number;
  readonly tariff: number;
  readonly subunit: number;
  /** An exact decimal in `unit`; a date, time or text; the raw hex of a manufacturer's VIF; null where there is no value. */
  readonly value: MeterNumber | string | null;
  /** Base unit (Wh, J, m3, kg, W, J/h, m3/h, kg/h, degC, K, bar, V, A, %, s, d); null for none. */
  readonly unit: string | null;
}

/** What a radio sensor's advert says of one quantity. */
export interface Measurement {
  /** As the sensor's own format names it: "temperature", "battery", "button". */
  readonly quantity: string;
  /** An exact decimal in `unit`; "true" or "false"; an event's name; text; null where the sensor says that it has none. */
  readonly value: MeterNumber | string | null;
  readonly unit: string | null;
  /** "out-of-range" where the sensor sends what cannot be. Absent otherwise. */
  readonly quality?: "out-of-range";
}

/** One register of a Modbus unit as it passed over the line. */
export interface RegisterReading {
  readonly table: "holding" | "input";
  /** From 0, as on the wire. */
  readonly address: number;
  /** Its two bytes, lower-case hex. What they mean is in the meter's register map. */
  readonly raw: string;
}

/** A whole telegram whose checksums hold, if its meter sends any. */
export interface Telegram {
  /** Byte offset of its first byte since the decoder's start. */
  readonly offset: number;
  /** The meter's own id, lower-case hex or as sent; null where it gives none. */
  readonly meter: string | null;
  readonly readings: readonly MeterReading[];
  /** What an M-Bus meter measures: its device type (EN 13757-7 table 13; 4 heat, 7 water). Absent where the telegram does not say. */
  readonly medium?: number;
  /** What an M-Bus telegram holds; `readings` is empty then. Absent in the other languages. */
  readonly records?: readonly DataRecord[];
  /** As people know the meter, where a format of its maker's tells. Absent otherwise. */
  readonly model?: string;
  /** What records of the maker's own say where their format is known; `records` keeps them as bytes. Absent where there is nothing. */
  readonly own?: readonly DataRecord[];
  /** What a radio sensor's advert holds; `readings` is empty then. Absent in the other languages. */
  readonly measurements?: readonly Measurement[];
  /** What a Modbus answer holds; `readings` is empty then. Absent in the other languages. */
  readonly registers?: readonly RegisterReading[];
  /**
   * "unchecked" where the meter sends no checksum: what is read is what came, right or wrong. "unauthenticated"
   * where an encrypted one could be read but nobody gave the key that tells whether it is the meter's. "salvaged" where the telegram's
   * checksum failed and that of the part held. Absent where a check of the whole held.
   */
  readonly quality?: "salvaged" | "unauthenticated" | "unchecked";
}

/** A stretch of line that was no good telegram. */
export interface BadTelegram extends Fault {
  readonly offset: number;
  /** Whose it is, where that can be told although it cannot be read: a neighbour's on the air, encrypted. */
  readonly meter?: string;
}

/**
 * Bytes of one meter's line in, telegrams out. Any chunking of the same bytes gives the same result; memory is bounded;
 * nothing is thrown whatever comes.
 */
export interface MeterDecoder {
  push(bytes: Uint8Array): readonly (Telegram | BadTelegram)[];
  /** Says that no more bytes come: gives a telegram that waited for its successor, and reports an unfinished one as truncated. */
  end(): readonly (Telegram | BadTelegram)[];
}

/** What opens a meter's encrypted telegrams. */
export interface MeterKeys {
  readonly ciphers: BlockCiphers;
  /** The meter's own key: 16 bytes, or 8 for the DES of old meters. Null where nobody gave one. */
  readonly key: Uint8Array | null;
  /** The authentication key of a DLMS meter, 16 bytes: what tells that a telegram is its own. */
  readonly auth?: Uint8Array | null;
  /** The address of a radio sensor, 6 bytes, first byte first: part of what BTHome encrypts with. */
  readonly mac?: Uint8Array | null;
}

/** What a decoder does beyond or beside its language's usual way, where its language names it. */
export interface MeterChoices {
  /** A known wrong sign of a meter is put right. */
  readonly correctSigns?: boolean;
  /** A part whose own checksum holds is taken out of a telegram whose checksum does not. */
  readonly salvage?: boolean;
}

/** One of them: options of drivers, configs and commands are made of it. */
export interface MeterChoice {
  readonly name: keyof MeterChoices;
  readonly meaning: string;
  readonly standard: boolean;
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
  /** Absent where there is nothing to choose. */
  readonly choices?: readonly MeterChoice[];
  /** `keys` for languages that encrypt; without them an encrypted telegram is a fault that says so. What is not chosen is as its standard. */
  decoder(keys?: MeterKeys, choices?: MeterChoices): MeterDecoder;
}

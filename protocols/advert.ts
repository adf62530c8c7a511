import { type Fault, fault, isFault } from "./fault.ts";
import type { BadTelegram, Measurement, MeterDecoder, Telegram } from "./meter.ts";

/** Longest data of one BLE advert: an extended one's AD structure (Bluetooth Core 5.4 Vol 3 part C §11). */
export const advertMax = 254;

/** What one advert says. */
export interface Advert {
  /** The sensor's address where the advert has it, lower-case hex. */
  readonly meter: string | null;
  readonly measurements: readonly Measurement[];
  /** Whether a tag held. */
  readonly verified: boolean;
}

/**
 * Adverts have neither a beginning nor a checksum of their own, as the radio keeps both: so a decoder is given the data of one advert, in
 * as many pieces as it comes in, and reads it at the end.
 */
export class AdvertDecoder implements MeterDecoder {
  private readonly read: (bytes: Uint8Array) => Advert | Fault;
  private readonly buffer = new Uint8Array(advertMax);
  private filled = 0;
  private tooLong = false;
  private base = 0;

  constructor(read: (bytes: Uint8Array) => Advert | Fault) {
    this.read = read;
  }

  push(bytes: Uint8Array): readonly (Telegram | BadTelegram)[] {
    const part = bytes.subarray(0, advertMax - this.filled);
    this.buffer.set(part, this.filled);
    this.filled += part.length;
    this.tooLong = this.tooLong || part.length < bytes.length;
    this.base += bytes.length;
    return [];
  }

  end(): readonly (Telegram | BadTelegram)[] {
    if (this.filled === 0) {
      return [];
    }
    const offset = this.tooLong ? 0 : this.base - this.filled;
    const advert = this.tooLong
      ? fault("limit", "more than " + String(advertMax) + " bytes: not the data of one advert")
      : this.read(new Uint8Array(this.buffer.subarray(0, this.filled)));
    this.filled = 0;
    this.tooLong = false;
    if (isFault(advert)) {
      return [{ offset: offset, fault: advert.fault, detail: advert.detail }];
    }
    const telegram = {
      offset: offset,
      meter: advert.meter,
      readings: [],
      measurements: advert.measurements,
    };
    return [
      advert.verified
        ? telegram
        : {
            offset: offset,
            meter: telegram.meter,
            readings: [],
            measurements: telegram.measurements,
            quality: "unchecked",
          },
    ];
  }
}

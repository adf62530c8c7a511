import { readingsBehind } from "../protocols/dsmr-behind.ts";
import { fault, isFault } from "../protocols/fault.ts";
import type {
  BadTelegram,
  MeterChoices,
  MeterDecoder,
  MeterKeys,
  MeterLanguage,
  Telegram,
} from "../protocols/meter.ts";
import type { ReaderSink, UartReader } from "./driver.ts";
import { TelegramReader } from "./telegram-reader.ts";

/** Reads a meter's line: bytes to telegrams, telegrams to measurements. */
export class MeterReader implements UartReader {
  decoder: MeterDecoder;
  telegrams = new TelegramReader();
  /** Whose telegrams count, on a line or a receiver that hears others too; empty: everybody's. */
  meter: string;

  constructor(language: MeterLanguage, meter?: string, keys?: MeterKeys, choices?: MeterChoices) {
    this.decoder = language.decoder(keys, choices);
    this.meter = meter === undefined ? "" : meter;
  }

  /** Without bytes: the line has been quiet, so what waits for more is whole. */
  push(bytes: Uint8Array, _time: number, sink: ReaderSink): void {
    const found = bytes.length === 0 ? this.decoder.end() : this.decoder.push(bytes);
    for (let i = 0; i < found.length; i++) {
      this.take(found[i], sink);
    }
  }

  take(found: Telegram | BadTelegram, sink: ReaderSink): void {
    if (this.meter !== "" && found.meter !== this.meter) {
      return;
    }
    if (isFault(found)) {
      sink.fault(fault(found.fault, found.detail));
    } else {
      this.telegrams.measure(found as Telegram, sink);
      if (sink.behind !== undefined) {
        readingsBehind(found as Telegram).forEach(sink.behind);
      }
    }
  }
}

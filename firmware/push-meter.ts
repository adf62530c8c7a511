import type { MeterLanguage } from "../protocols/meter.ts";
import { numberOption, type UartDriver } from "./driver.ts";
import { MeterReader } from "./meter-reader.ts";

/** What a driver of a meter says of itself; the rest follows from its language. */
export interface PushMeter
  extends Pick<UartDriver, "name" | "title" | "datasheet" | "fresh" | "silence" | "advice" | "examples"> {
  readonly language: MeterLanguage;
}

/** The driver of a meter that sends its registers by itself. Its first telegram decides the columns. */
export function pushMeter(meter: PushMeter): UartDriver {
  const line = meter.language.line;
  const driver: UartDriver = {
    kind: "uart",
    name: meter.name,
    title: meter.title,
    datasheet: meter.datasheet,
    options: [
      { name: "baud", meaning: "baud, 0 for the language's own", standard: 0, least: 0, most: 921600 },
    ],
    columns: () => null,
    fresh: meter.fresh,
    silence: meter.silence,
    warmUp: 0,
    advice: meter.advice,
    settings: (options) => {
      const baud = numberOption(driver, options, "baud");
      return {
        baud: baud === 0 ? line.baud : baud,
        dataBits: line.dataBits,
        parity: line.parity,
        stopBits: line.stopBits,
      };
    },
    reader: () => new MeterReader(meter.language),
    examples: meter.examples,
  };
  return driver;
}

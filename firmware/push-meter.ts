import type { MeterChoice, MeterChoices, MeterLanguage } from "../protocols/meter.ts";
import { type DriverOption, flagOption, numberOption, textOption, type UartDriver } from "./driver.ts";
import type { DriverOptions } from "./installation-type.ts";
import { MeterReader } from "./meter-reader.ts";

/** What a driver of a meter says of itself; the rest follows from its language. */
export interface PushMeter
  extends Pick<
    UartDriver,
    | "name"
    | "title"
    | "datasheet"
    | "keyFiles"
    | "channels"
    | "hasOthers"
    | "fresh"
    | "silence"
    | "advice"
    | "examples"
  > {
  readonly language: MeterLanguage;
  /** Options of its own. */
  readonly options?: readonly DriverOption[];
  /** The language as what stands between, with these options, hands it out. */
  readonly behind?: (options: DriverOptions) => MeterLanguage;
  /** Its line or receiver may hear other meters too: it is told by its id. */
  readonly shared?: boolean;
  /** A line that is quiet for so long, ms, ends a telegram; absent where the language itself shows its ends. */
  readonly idle?: number;
}

const baudOption: DriverOption = {
  name: "baud",
  meaning: "baud, 0 for the language's own",
  standard: 0,
  least: 0,
  most: 921600,
};
const addressOption: DriverOption = {
  name: "address",
  meaning: "the meter's id as printed on it; absent for whoever is heard",
  standard: "",
  form: "meterId",
};

/** The driver of a meter that sends its registers by itself. Its first telegram decides the columns. */
export function pushMeter(meter: PushMeter): UartDriver {
  const choices = meter.language.choices === undefined ? [] : meter.language.choices;
  const place: readonly DriverOption[] = meter.shared === true ? [baudOption, addressOption] : [baudOption];
  const own = meter.options === undefined ? [] : meter.options;
  const languageOf = (options: DriverOptions): MeterLanguage =>
    meter.behind === undefined ? meter.language : meter.behind(options);
  const driver: UartDriver = {
    kind: "uart",
    name: meter.name,
    title: meter.title,
    datasheet: meter.datasheet,
    keyFiles: meter.keyFiles === undefined ? [] : meter.keyFiles,
    options: place.concat(own, choices),
    columns: () => null,
    fresh: meter.fresh,
    silence: meter.silence,
    warmUp: 0,
    advice: meter.advice,
    settings: (options) => {
      const baud = numberOption(driver, options, "baud");
      const line = languageOf(options).line;
      const settings = {
        baud: baud === 0 ? line.baud : baud,
        dataBits: line.dataBits,
        parity: line.parity,
        stopBits: line.stopBits,
      };
      return meter.idle === undefined ? settings : Object.assign({ idle: meter.idle }, settings);
    },
    reader: (options, keys) =>
      new MeterReader(
        languageOf(options),
        meter.shared === true ? textOption(driver, options, "address") : "",
        keys,
        chosen(driver, options, choices),
      ),
    examples: meter.examples,
  };
  return Object.assign(
    {},
    meter.hasOthers === true ? { hasOthers: meter.hasOthers } : {},
    meter.channels === undefined ? {} : { channels: meter.channels },
    driver,
  );
}

function chosen(driver: UartDriver, options: DriverOptions, choices: readonly MeterChoice[]): MeterChoices {
  const made: { -readonly [name in keyof MeterChoices]: MeterChoices[name] } = {};
  choices.forEach((choice) => {
    made[choice.name] = flagOption(driver, options, choice.name);
  });
  return made;
}

import { dlmsMeter } from "../../firmware/drivers/dlms-meter.ts";
import { dsmrMeter } from "../../firmware/drivers/dsmr-meter.ts";
import { mbusMeter } from "../../firmware/drivers/mbus-meter.ts";
import { modbusMeter } from "../../firmware/drivers/modbus-meter.ts";
import { wmbusMeter } from "../../firmware/drivers/wmbus-meter.ts";
import type { Language } from "../../gateway/words/words.ts";
import { decimalText } from "../../protocols/decimal.ts";
import { meterLanguage } from "../../protocols/index.ts";
import type { DataRecord, MeterNumber, MeterReading, Telegram } from "../../protocols/meter.ts";
import { modbusMap } from "../../protocols/modbus-maps/index.ts";
import { isReduced } from "../../protocols/sml-reduced.ts";
import { sunspecModel } from "../../protocols/sunspec-models.ts";
import { unitText } from "../unit-text.ts";
import { meterLines, sensorLines } from "./config-lines.ts";
import { makerOf } from "./makers.ts";
import type { ModbusKind } from "./modbus-run.ts";
import type { Found, ProbeOutcome } from "./outcome.ts";
import { settingText } from "./setting.ts";
import { type ProbeWord, say } from "./words.ts";

/** What a person should know beside the outcome. */
export interface ReportContext {
  readonly port: string;
  /** The dump file, where there is one. */
  readonly dump: string | null;
  /** The person ended the probe. */
  readonly isStopped: boolean;
  /** Whether anybody was to be asked. */
  readonly asks: boolean;
  /** Whether a key was given. */
  readonly hasKey: boolean;
  readonly lang: Language;
}

/** Readings that are shown: a display shows no more. */
const readingsMax = 8;

/** What a probe found, for people: lines without line ends. */
export function reportLines(outcome: ProbeOutcome, context: ReportContext): readonly string[] {
  const { found } = outcome;
  const heard = outcome.heard.some(({ bytes }) => bytes > 0);
  const lines =
    found !== null
      ? foundLines(found, outcome, context)
      : heard
        ? unknownLines(outcome, context)
        : nothingLines(outcome, context);
  const stopped = say(context.lang, "stopped", { seconds: seconds(outcome) });
  return context.isStopped ? [stopped, ...lines] : lines;
}

/** The name of a language for people. */
export function languageTitle(name: string): string {
  const title = meterLanguage(name)?.title ?? (name === "modbus" ? "Modbus RTU" : name);
  return `${title} (${name})`;
}

function foundLines(found: Found, outcome: ProbeOutcome, context: ReportContext): readonly string[] {
  const { lang, port, dump } = context;
  const word = (name: ProbeWord, gaps?: Readonly<Record<string, string | number>>) => say(lang, name, gaps);
  const { language, setting, telegram, telegrams, faults, asked, dataBaud } = found;
  const lines = [
    word(asked ? "foundAsked" : "found", {
      language: languageTitle(language),
      setting: settingText(setting),
    }),
  ];
  if (dataBaud !== setting.baud) {
    lines.push(word("dataBaud", { baud: dataBaud }));
  }
  lines.push(word("heardCount", { telegrams, faults, seconds: seconds(outcome) }));
  lines.push(word(`proof.${found.proof}`));
  const meter = telegram?.meter ?? null;
  const maker = makerOf(language, meter);
  if (meter !== null) {
    lines.push(word("meter", { meter }));
  }
  if (maker !== null) {
    lines.push(word("maker", { maker }));
  }
  if (telegram?.model !== undefined) {
    lines.push(word("model", { model: telegram.model }));
  }
  if (found.receiver !== "plain") {
    lines.push(word("receiver", { receiver: found.receiver }));
  }
  if (found.unit !== null) {
    lines.push(word(found.kind === null ? "unit" : "unitKnown", { unit: found.unit }));
  }
  if (found.kind !== null) {
    lines.push(kindLine(found.kind, lang));
  }
  if (found.locked !== null) {
    lines.push(word(found.locked === "no-key" ? "noKey" : "wrongKey", { port }));
  }
  if (telegram !== null) {
    lines.push(word("readings"), ...readingLines(telegram, lang).map((line) => `  ${line}`));
    if (language === "sml" && isReduced(telegram)) {
      lines.push(word("reduced"));
    }
  }
  lines.push(...configLines(found, context));
  if (dump !== null) {
    lines.push(word("dump", { file: dump, language }));
  }
  return lines;
}

/** What a Modbus unit is. */
function kindLine({ map, sure, models }: ModbusKind, lang: Language): string {
  if (map === "sunspec") {
    const titles = models.map((id) => {
      const title = sunspecModel(id)?.title;
      return title === undefined ? String(id) : `${id} (${title})`;
    });
    return say(lang, "kind.sunspec", { models: titles.join(", ") });
  }
  const title = modbusMap(map)?.title ?? map;
  return say(lang, sure ? "kind.sure" : "kind.looks", { title, map });
}

/** What a display shows: energies first, then other numbers with a unit. */
export function readingLines(telegram: Telegram, lang: Language): readonly string[] {
  const rows = entriesOf(telegram).map((entry) => ({
    name: "obis" in entry ? entry.obis : entry.quantity + (entry.storage > 0 ? ` [${entry.storage}]` : ""),
    value: entry.value,
    unit: entry.unit,
  }));
  const numbers = rows.filter(
    ({ value, unit }) => typeof value === "object" && value !== null && unit !== null,
  );
  const energies = numbers.filter(({ unit }) => unit === "Wh");
  const first = [...energies, ...numbers.filter((row) => !energies.includes(row))];
  const shown = (first.length > 0 ? first : rows).slice(0, readingsMax);
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  return shown.map(({ name, value, unit }) => `${name.padEnd(width)}  ${shownValue(value, unit, lang)}`);
}

function entriesOf(telegram: Telegram): readonly (DataRecord | MeterReading)[] {
  const { records, own, readings } = telegram;
  return records === undefined ? readings : [...records, ...(own ?? [])];
}

/** Energies in kWh, as displays have them; every digit is kept. */
function shownValue(value: MeterNumber | string | null, unit: string | null, lang: Language): string {
  if (value === null || typeof value === "string") {
    return value ?? "-";
  }
  const isEnergy = unit === "Wh" || unit === "varh" || unit === "VAh";
  const text = decimalText(value.integer, value.exponent - (isEnergy ? 3 : 0));
  const localized = lang === "de" ? text.replace(".", ",") : text;
  return `${localized} ${isEnergy ? `k${unit}` : unitText(unit ?? "")}`.trim();
}

function configLines(found: Found, { lang, port, hasKey }: ReportContext): readonly string[] {
  const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
  const sensors = sensorLines(found, port, hasKey);
  return [
    say(lang, "config"),
    ...indented(meterLines(found, port, hasKey)),
    ...(sensors.length > 0 ? [say(lang, "configDevice"), ...indented(sensors)] : []),
  ];
}

function unknownLines(outcome: ProbeOutcome, { lang, port, dump }: ReportContext): readonly string[] {
  const heard = outcome.heard.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
  const bytes = heard.reduce((sum, one) => sum + one.bytes, 0);
  return [
    say(lang, "unknown", { bytes }),
    ...heard.slice(0, 5).map((one) =>
      say(lang, "heardAt", {
        setting: settingText(one.setting),
        rate: Math.round((one.bytes * 1000) / Math.max(1, one.ms)),
        printable: Math.round((100 * one.printable) / one.bytes),
      }),
    ),
    ...(outcome.rate === null ? [] : [say(lang, "rate", { baud: outcome.rate })]),
    ...rareLines(outcome, lang, port),
    ...(dump === null ? [] : [say(lang, "dump", { file: dump, language: "sml" })]),
    say(lang, "unknown.next", { port }),
  ];
}

/** Every line setting needs a telegram of its own; of rare ones as many as there are settings, and some. */
const telegramsNeeded = 25;
const rareFrom = 3000; // ms
const probeMax = 3600; // s

function rareLines({ interval }: ProbeOutcome, lang: Language, port: string): readonly string[] {
  if (interval === null || interval < rareFrom) {
    return [];
  }
  const every = Math.round(interval / 1000);
  return [say(lang, "rare", { every, port, seconds: Math.min(probeMax, telegramsNeeded * every) })];
}

/** Steps that are about optical heads. */
const opticalSteps = 3;
/** What else may hang at the port, and whose driver knows what to check. */
const otherLanguages = [
  { language: "mbus", driver: mbusMeter },
  { language: "modbus", driver: modbusMeter },
  { language: "dsmr", driver: dsmrMeter },
  { language: "dlms", driver: dlmsMeter },
  { language: "wmbus", driver: wmbusMeter },
] as const;

function nothingLines(outcome: ProbeOutcome, { lang, port, asks }: ReportContext): readonly string[] {
  const languages = outcome.asked.map(languageTitle).join(", ");
  return [
    say(lang, "nothing", { seconds: seconds(outcome) }),
    ...(asks ? (languages === "" ? [] : [say(lang, "asked", { languages })]) : [say(lang, "notAsked")]),
    say(lang, "nothing.led"),
    say(lang, "nothing.ring"),
    say(lang, "nothing.wake"),
    ...otherLanguages.map(({ language, driver }, i) =>
      say(lang, "nothing.other", {
        number: opticalSteps + i + 1,
        language: languageTitle(language),
        advice: driver.advice.noBytes[lang],
      }),
    ),
    say(lang, "nothing.next", { port }),
  ];
}

/** The outcome for programs. */
export function reportJson(outcome: ProbeOutcome, { port, dump }: ReportContext): object {
  const { found } = outcome;
  return {
    port,
    found: found === null ? null : foundJson(found),
    seconds: Number(seconds(outcome)),
    heard: outcome.heard.map(({ setting, ms, bytes, printable }) => ({
      line: settingText(setting),
      seconds: Math.round(ms) / 1000,
      bytes,
      printable,
    })),
    asked: outcome.asked,
    rate: outcome.rate,
    interval: outcome.interval === null ? null : Math.round(outcome.interval) / 1000,
    dump,
  };
}

function foundJson(found: Found): object {
  const { language, setting, asked, proof, telegram, telegrams, faults, locked, unit, dataBaud } = found;
  const meter = telegram?.meter ?? null;
  return {
    language,
    line: settingText(setting),
    ...(dataBaud !== setting.baud && { dataBaud }),
    asked,
    proof,
    meter,
    maker: makerOf(language, meter),
    ...(telegram?.model !== undefined && { model: telegram.model }),
    telegrams,
    faults,
    locked,
    reduced: language === "sml" && telegram !== null && isReduced(telegram),
    ...(unit !== null && { unit }),
    ...(found.kind !== null && { kind: found.kind }),
    ...(found.receiver !== "plain" && { receiver: found.receiver }),
    readings: (telegram === null ? [] : entriesOf(telegram)).map((entry) => ({
      name: "obis" in entry ? entry.obis : entry.quantity,
      value:
        entry.value === null || typeof entry.value === "string"
          ? entry.value
          : decimalText(entry.value.integer, entry.value.exponent),
      unit: entry.unit,
    })),
  };
}

function seconds({ ms }: ProbeOutcome): string {
  return (ms / 1000).toFixed(1);
}

import { meterLanguage } from "../../protocols/index.ts";
import type { Found } from "./probe.ts";

/** The entry under `meters:` of gateway.yaml for what was found (gateway/meters), ready to copy. `hasKey`: a key opened its telegrams. */
export function meterLines(found: Found, port: string, hasKey: boolean): readonly string[] {
  const { language, setting } = found;
  const isUsual = setting.baud === meterLanguage(language)?.line.baud;
  const keys = [
    `language: ${language}`,
    "name: meter-1",
    `port: ${port}`,
    ...own(found),
    ...(isUsual || (language === "d0" && found.asked) ? [] : [`baud: ${setting.baud}`]),
    ...(hasKey || found.locked !== null ? ["keyFile: ./meter-key"] : []),
  ];
  return ["meters:", ...keys.map((key, i) => (i === 0 ? `  - ${key}` : `    ${key}`))];
}

/** What a language wants beside the port. */
function own({ language, asked, setting, telegram, unit, receiver }: Found): readonly string[] {
  const id = telegram?.meter ?? null;
  switch (language) {
    case "d0":
      return asked ? ["mode: asked"] : [];
    case "mbus":
      return [id === null ? 'address: "1" # its primary address' : `address: "${id}"`];
    case "wmbus":
      return [
        ...(receiver === "plain" ? [] : [`receiver: ${receiver}`]),
        id === null ? 'address: "00000000" # the eight digits printed on it' : `address: "${id}"`,
      ];
    case "modbus":
      return [
        "map: sdm630 # choose the one of your meter",
        `unit: ${unit ?? 1}`,
        `parity: ${setting.parity}`,
      ];
    default:
      return [];
  }
}

/** The drivers of a device that listens (firmware/drivers). */
const drivers: Readonly<Record<string, string>> = { d0: "d0-meter", dsmr: "dsmr-meter", sml: "sml-meter" };

/** The entry under `sensors:` of a device's device.yaml, for meters that push at their usual speed; else nothing. */
export function sensorLines({ language, setting, asked }: Found, port: string): readonly string[] {
  const driver = asked ? undefined : drivers[language];
  return driver === undefined || setting.baud !== meterLanguage(language)?.line.baud
    ? []
    : ["sensors:", `  - driver: ${driver}`, `    port: ${port}`, "    interval: 15 min"];
}

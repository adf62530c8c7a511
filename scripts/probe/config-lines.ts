import { meterLanguage } from "../../protocols/index.ts";
import type { Found } from "./outcome.ts";

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
  return listed("meters", keys);
}

/** What a language wants beside the port. */
function own({ language, asked, setting, telegram, unit, kind, receiver }: Found): readonly string[] {
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
        kind === null ? "map: sdm630 # choose the one of your meter" : `map: ${kind.map}`,
        `unit: ${unit ?? 1}`,
        `parity: ${setting.parity}`,
      ];
    default:
      return [];
  }
}

/** The drivers of a device (firmware/drivers) by what speaks at their port; of D0 meters that are asked another one. */
const drivers: Readonly<Record<string, string>> = {
  d0: "d0-meter",
  dlms: "dlms-meter",
  dsmr: "dsmr-meter",
  mbus: "mbus-meter",
  modbus: "modbus-meter",
  sml: "sml-meter",
  wmbus: "wmbus-meter",
};

/** The entry under `sensors:` of a device's device.yaml. */
export function sensorLines(found: Found, port: string, hasKey: boolean): readonly string[] {
  const { language, setting, asked } = found;
  const isAskedD0 = language === "d0" && asked;
  const driver = isAskedD0 ? "d0-asked-meter" : drivers[language];
  if (driver === undefined) {
    return [];
  }
  const isUsual = setting.baud === meterLanguage(language)?.line.baud;
  const keys = [
    `driver: ${driver}`,
    `port: ${port}`,
    ...(isAskedD0 ? [] : own(found)),
    ...(isUsual || isAskedD0 ? [] : [`baud: ${setting.baud}`]),
    ...(hasKey || found.locked !== null ? ["keyFile: ./meter-key"] : []),
    "interval: 15 min",
  ];
  return listed("sensors", keys);
}

function listed(name: string, keys: readonly string[]): readonly string[] {
  return [`${name}:`, ...keys.map((key, i) => (i === 0 ? `  - ${key}` : `    ${key}`))];
}

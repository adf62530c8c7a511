import { fromHex } from "../../protocols/bytes.ts";

/** Makers by their three letters (FLAG association), as far as they are common on German meters. */
const names: Readonly<Record<string, string>> = {
  ABB: "ABB",
  APA: "Apator",
  DZG: "DZG Metering",
  EBZ: "eBZ",
  ELS: "Elster (Honeywell)",
  EMH: "EMH metering",
  ESY: "EasyMeter",
  HLY: "Holley",
  ISK: "Iskraemeco",
  ITR: "Itron",
  KAM: "Kamstrup",
  LGZ: "Landis+Gyr",
  LOG: "Logarex",
  LUG: "Landis+Gyr (heat)",
  NOR: "Norax",
  SAG: "Sagemcom",
};

/** The maker a meter id names, as "EMH metering (EMH)"; null where it names none. */
export function makerOf(language: string, meter: string | null): string | null {
  const letters = meter === null ? null : lettersOf(language, meter);
  return letters === null ? null : letters in names ? `${names[letters]} (${letters})` : letters;
}

function lettersOf(language: string, meter: string): string | null {
  if (language === "d0" || language === "dsmr") {
    return meter.slice(0, 3).toUpperCase();
  }
  const bytes = language === "sml" ? fromHex(meter) : null;
  // DIN 43863-5: 0a, medium, three letters, five bytes of number; older ones begin with 06 or 09.
  const at = bytes === null || bytes.length < 8 ? -1 : bytes.length === 10 ? 2 : 1;
  const text = at < 0 ? "" : String.fromCharCode(...bytes!.subarray(at, at + 3));
  return /^[A-Z]{3}$/.test(text) ? text : null;
}

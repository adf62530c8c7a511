import { isFault } from "../../protocols/fault.ts";
import type { BadTelegram, MeterKeys, MeterLanguage, Telegram } from "../../protocols/meter.ts";
import { CompactFormats } from "../../protocols/wmbus-compact.ts";
import { explainBthome, explainRuuvi } from "./adverts.ts";
import { explainDlms } from "./dlms.ts";
import type { ExplainContext, Explainer } from "./explainer.ts";
import { explainMbus } from "./mbus.ts";
import { explainModbus } from "./modbus.ts";
import { explainD0, explainDsmr } from "./readout.ts";
import { type Layer, Sheet } from "./sheet.ts";
import { explainSml } from "./sml.ts";
import { explainWmbus } from "./wmbus.ts";

/** The languages that are explained; one line each. */
export const explainers: Readonly<Record<string, Explainer>> = {
  bthome: explainBthome,
  d0: explainD0,
  dlms: explainDlms,
  dsmr: explainDsmr,
  mbus: explainMbus,
  modbus: explainModbus,
  ruuvi: explainRuuvi,
  sml: explainSml,
  wmbus: explainWmbus,
};

/** One stretch of a line: a telegram with what lies behind it, or what lies before the first one. */
export interface Explained {
  /** Of its first byte. */
  readonly offset: number;
  /** What the decoder makes of it; null before the first telegram. */
  readonly result: Telegram | BadTelegram | null;
  readonly layer: Layer;
}

/**
 * Explains every byte of a line. The decoder says where telegrams are and what they read; an explainer names their bytes. `formats` is
 * what wireless compact frames need of earlier telegrams.
 */
export function explain(
  language: MeterLanguage,
  bytes: Uint8Array,
  keys: MeterKeys,
  formats: CompactFormats = new CompactFormats(),
): readonly Explained[] {
  const decoder = language.decoder(keys);
  const results = [...decoder.push(bytes), ...decoder.end()].sort((a, b) => a.offset - b.offset);
  // Of several verdicts on one place the last is what it came to.
  const places = results.filter((result, i) => results[i + 1]?.offset !== result.offset);
  const context = { keys, formats };
  const whole = places.map((result, i) => {
    const end = places[i + 1]?.offset ?? bytes.length;
    return stretch(language.name, bytes, { from: result.offset, to: end }, result, context);
  });
  const first = places[0]?.offset ?? bytes.length;
  return first === 0
    ? whole
    : [stretch(language.name, bytes, { from: 0, to: first }, null, context), ...whole];
}

function stretch(
  name: string,
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  result: Explained["result"],
  context: ExplainContext,
): Explained {
  const sheet = new Sheet(bytes.slice(from, to));
  explainers[name]!(sheet, result, context);
  const failed = result !== null && isFault(result) && !hasWrong(sheet.layer());
  sheet.mark(sheet.to, failed ? "unread" : "between", failed ? result.detail : null, { wrong: failed });
  return { offset: from, result, layer: sheet.layer() };
}

/** Whether a byte was found that is to blame. */
function hasWrong({ spans }: Layer): boolean {
  return spans.some(
    ({ isWrong, parts, inside, from }) =>
      isWrong ||
      hasWrong({ bytes: new Uint8Array(from), spans: parts }) ||
      (inside !== null && hasWrong(inside)),
  );
}

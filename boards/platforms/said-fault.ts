import { type Fault, type FaultCode, fault } from "../../protocols/fault.ts";

/** One sentence in the languages of the people who read it. */
export interface Said {
  readonly en: string;
  readonly de: string;
}

/** A Fault of a port of this computer, whose sentence people read in their own language; `detail` is the English one. */
export interface SaidFault extends Fault {
  readonly said: Said;
}

export function saidFault(code: FaultCode, said: Said): SaidFault {
  return { ...fault(code, said.en), said };
}

/** The same behind the name of its place. */
export function saidOf(place: string, { en, de }: Said): SaidFault {
  return saidFault("bus", { en: `${place}: ${en}`, de: `${place}: ${de}` });
}

/** What a Fault says in this language; most say it in English only. */
export function faultSentence(found: Fault, lang: keyof Said): string {
  const { said } = found as Partial<SaidFault>;
  return said === undefined ? found.detail : said[lang];
}

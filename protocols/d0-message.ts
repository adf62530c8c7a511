import { utf8 } from "./bytes.ts";
import { identificationMax } from "./readout.ts";

/** The opening of IEC 62056-21 §6.3: request, identification and acknowledgement. Texts are lines without CR LF. */

/** Baud before anything is agreed upon. */
export const initialBaud = 300;

/** Mode C: the digit is the place in this list; the rate changes with the acknowledgement. */
const ratesC: readonly number[] = [300, 600, 1200, 2400, 4800, 9600, 19200];
/** Mode B: A is the first; the meter changes without being asked to. G, H and I are reserved. */
const ratesB: readonly number[] = [600, 1200, 2400, 4800, 9600, 19200];

export interface Identification {
  readonly mode: "A" | "B" | "C";
  /** What the meter goes on with; in mode C once it is acknowledged. */
  readonly baud: number;
  /** Least pause before an answer, in ms: makers with a small third letter are ready sooner. */
  readonly pause: number;
}

/** Slash, three letters of the maker, rate, text. Null where it is no identification. */
export function readIdentification(line: string): Identification | null {
  const form = /^\/[A-Za-z][A-Za-z]([A-Za-z])(.)/.exec(line);
  if (form === null) {
    return null;
  }
  const pause = form[1] >= "a" ? 20 : 200; // §6.3.2 item 22: reaction time
  const rate = form[2].charCodeAt(0);
  const c = ratesC[rate - 0x30];
  const b = ratesB[rate - 0x41];
  if (c !== undefined) {
    return { mode: "C", baud: c, pause: pause };
  }
  return b !== undefined
    ? { mode: "B", baud: b, pause: pause }
    : { mode: "A", baud: initialBaud, pause: pause };
}

/** The request with its CR LF; an empty address asks whoever is there. */
export function d0Request(address: string): Uint8Array {
  return utf8("/?" + address + "!\r\n");
}

/** The address that a request names; null for another line. */
export function readRequest(line: string): string | null {
  const form = /^\/\?([0-9A-Za-z ]*)!$/.exec(line);
  return form === null ? null : form[1];
}

/** Asks for a data readout at this baud (§6.3.3): ACK, normal procedure, rate, readout, CR LF. */
export function d0Acknowledge(baud: number): Uint8Array {
  return utf8("\x060" + String(ratesC.indexOf(baud)) + "0\r\n");
}

/** The baud that an acknowledgement asks for; null for another line. */
export function readAcknowledge(line: string): number | null {
  const form = /^0([0-6])0$/.exec(line.substr(1));
  return form === null || line.charCodeAt(0) !== 0x06 ? null : ratesC[parseInt(form[1], 10)];
}

/** The fastest rate of mode C up to `most`; what `baud` is where it is allowed. */
export function rateUpTo(baud: number, most: number): number {
  let best = initialBaud;
  for (let i = 0; i < ratesC.length; i++) {
    if (ratesC[i] <= baud && ratesC[i] <= most) {
      best = ratesC[i];
    }
  }
  return best;
}

/**
 * Takes lines out of what comes, a byte at a time. Bit 7 is dropped; CR or LF ends a line; a slash begins one, whatever noise stands
 * before it; a line that grows too long begins anew.
 */
export class LineReader {
  private text = "";

  /** The line that this byte ends; null where it ends none. */
  take(byte: number): string | null {
    const plain = byte & 0x7f;
    if (plain === 0x0a || plain === 0x0d) {
      const line = this.text;
      this.text = "";
      return line === "" ? null : line;
    }
    if (plain === 0x2f || this.text.length === identificationMax) {
      this.text = "";
    }
    this.text += String.fromCharCode(plain);
    return null;
  }
}

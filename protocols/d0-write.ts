import { concat, utf8 } from "./bytes.ts";
import { blockCheckOf } from "./d0.ts";

/** Writes data readouts, for simulated meters and tests. Texts are taken as they are given: a test may want what is not legal. */

const stx = new Uint8Array([0x02]);
const etx = new Uint8Array([0x03]);

export interface ReadoutText {
  /** Without the slash: maker, rate, text. */
  readonly identification: string;
  /** Lines of data sets, e.g. "1.8.0(000123.4*kWh)". */
  readonly lines: readonly string[];
}

/** The identification line as the answer to a request. */
export function d0Identification(identification: string): Uint8Array {
  return utf8("/" + identification + "\r\n");
}

/** The data block as an answer: STX, sets, `!`, ETX, BCC. */
export function d0Block(lines: readonly string[]): Uint8Array {
  const block = concat([setLines(lines), utf8("!\r\n"), etx]);
  return concat([stx, block, new Uint8Array([blockCheckOf(block, 0, block.length)])]);
}

/** What a meter sends in one go: identification and, framed, a block with BCC; or sets and `!` alone (mode D). */
export function d0Readout(readout: ReadoutText, framed: boolean): Uint8Array {
  const start = d0Identification(readout.identification);
  return framed
    ? concat([start, d0Block(readout.lines)])
    : concat([start, utf8("\r\n"), setLines(readout.lines), utf8("!\r\n")]);
}

/** The lines, each with its CR LF. */
function setLines(lines: readonly string[]): Uint8Array {
  return utf8(lines.map((line) => line + "\r\n").join(""));
}

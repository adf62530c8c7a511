import type { Readable } from "node:stream";
import { fromHex } from "../protocols/bytes.ts";

/** One telegram of a hex list: its bytes, or why the line has none. Numbers count every line from 1. */
export type HexLine =
  | { readonly number: number; readonly bytes: Uint8Array; readonly secrets: Secrets }
  | { readonly number: number; readonly bytes: null; readonly trouble: string };

/** What a telegram needs to be opened, in hexadecimal; null where nobody gave it. */
export interface Secrets {
  readonly key: string | null;
  /** Authentication key of a DLMS meter. */
  readonly auth: string | null;
  /** Address of a radio sensor, with colons or without. */
  readonly mac: string | null;
}

/** Characters of a line: the longest telegram of any meter language, written with blanks between the bytes, is a fraction of it. */
export const lineMax = 512 * 1024;

/** The telegrams of a text, line by line as it arrives. Blank lines and comments (#) are passed over; `;key=HEX`, `;auth=HEX` and `;mac=HEX` may follow. */
export async function* hexLines(input: Readable): AsyncGenerator<HexLine> {
  let number = 0;
  let rest = "";
  let tooLong = false;
  const finish = (text: string): HexLine | null => {
    number++;
    const line = tooLong
      ? { number, bytes: null, trouble: `a line of more than ${lineMax} characters` }
      : parse(text, number);
    tooLong = false;
    return line;
  };
  for await (const chunk of input) {
    const lines = (rest + Buffer.from(chunk).toString("latin1")).split("\n");
    rest = lines.pop()!;
    for (const text of lines) {
      const line = finish(text);
      if (line !== null) {
        yield line;
      }
    }
    if (rest.length > lineMax) {
      tooLong = true;
      rest = "";
    }
  }
  const last = rest === "" && !tooLong ? null : finish(rest);
  if (last !== null) {
    yield last;
  }
}

function parse(text: string, number: number): HexLine | null {
  const line = text.trim();
  if (line === "" || line.startsWith("#")) {
    return null;
  }
  const [telegram, ...options] = line.split(";");
  const bytes = fromHex(telegram!);
  return bytes === null
    ? { number, bytes, trouble: "not hexadecimal text" }
    : {
        number,
        bytes,
        secrets: {
          key: option(options, "key"),
          auth: option(options, "auth"),
          mac: option(options, "mac"),
        },
      };
}

/** The first `name=HEX`; colons and hyphens of an address are left out. */
function option(options: readonly string[], name: string): string | null {
  for (const text of options) {
    const [left, right] = text.split("=");
    const digits = (right ?? "").trim().replace(/[:-]/g, "");
    if (left!.trim() === name && /^[0-9a-fA-F]*$/.test(digits)) {
      return digits;
    }
  }
  return null;
}

import { once } from "node:events";
import type { Readable } from "node:stream";
import type { Language } from "../../gateway/words/words.ts";
import { concat } from "../../protocols/bytes.ts";
import { isFault } from "../../protocols/fault.ts";
import type { MeterKeys, MeterLanguage } from "../../protocols/meter.ts";
import { CompactFormats } from "../../protocols/wmbus-compact.ts";
import { type HexLine, hexLines, type Secrets } from "../hex-lines.ts";
import { jsonLine } from "../json-line.ts";
import type { Streams } from "../streams.ts";
import { type Explained, explain } from "./explain.ts";
import { explainedLines, explainedObjects } from "./text.ts";
import { say } from "./words.ts";

/** Bytes of a capture that is explained; what comes behind them is not looked at. */
export const captureMax = 16 * 1024 * 1024;

type LineKeys = (line: HexLine & { readonly secrets: Secrets }) => MeterKeys;

/** Writes explanations, for people or as JSON lines, and counts the good telegrams. */
export class ExplainOutput {
  good = 0;
  bad = 0;
  /** Of the input. */
  bytes = 0;
  private readonly streams: Streams;
  private readonly language: MeterLanguage;
  private readonly view: { readonly json: boolean; readonly lang: Language };
  private readonly formats = new CompactFormats();

  constructor(
    streams: Streams,
    language: MeterLanguage,
    view: { readonly json: boolean; readonly lang: Language },
  ) {
    this.streams = streams;
    this.language = language;
    this.view = view;
  }

  /** A whole input: `keys` of a raw capture, or a function that gives those of a hex list's line. */
  async writeAll(input: Readable, keys: MeterKeys | LineKeys): Promise<void> {
    if (typeof keys !== "function") {
      await this.write(await contentOf(input), keys, null);
      return;
    }
    for await (const line of hexLines(input)) {
      if (line.bytes === null) {
        this.bad++;
      } else {
        await this.write(line.bytes, keys(line), line.number);
      }
    }
  }

  /** `line`: the number of a hex list's line; null in a raw capture, where offsets tell the place. */
  async write(bytes: Uint8Array, keys: MeterKeys, line: number | null): Promise<void> {
    this.bytes += bytes.length;
    for (const explained of explain(this.language, bytes, keys, this.formats)) {
      const { result } = explained;
      this.good += result !== null && !isFault(result) ? 1 : 0;
      this.bad += result !== null && isFault(result) ? 1 : 0;
      const text = this.text(explained, line);
      if (text !== "" && !this.streams.stdout.write(text)) {
        await Promise.race([once(this.streams.stdout, "drain"), once(this.streams.stdout, "close")]);
      }
    }
  }

  private text(explained: Explained, line: number | null): string {
    const { json, lang } = this.view;
    const number = line ?? explained.offset;
    const place = say(lang, line === null ? "title.byte" : "title.line", { number });
    return json
      ? explainedObjects(explained, number, lang).map(jsonLine).join("")
      : explainedLines(explained, place, lang)
          .map((one) => `${printable(one)}\n`)
          .join("");
  }
}

async function contentOf(input: Readable): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= captureMax) {
      break;
    }
  }
  return concat(parts);
}

/** What a meter sends must not command a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, " ");
}

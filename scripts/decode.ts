import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { type ProblemError, problem, renderProblem } from "../gateway/problem.ts";
import { problemOfSystemError } from "../gateway/system-error.ts";
import { type Language, language } from "../gateway/words/words.ts";
import { fromHex } from "../protocols/bytes.ts";
import { nodeCiphers } from "../protocols/crypto-node.ts";
import { decimalText } from "../protocols/decimal.ts";
import { isFault } from "../protocols/fault.ts";
import { meterLanguage, meterLanguages } from "../protocols/index.ts";
import type {
  BadTelegram,
  DataRecord,
  MeterKeys,
  MeterLanguage,
  MeterNumber,
  Telegram,
} from "../protocols/meter.ts";
import { type HexLine, hexLines } from "./hex-lines.ts";
import type { Streams } from "./streams.ts";

export interface DecodeOrder {
  readonly protocol: string;
  /** A path, or "-" for standard input. */
  readonly input: string;
  /** The input is text with one telegram per line, in hexadecimal. */
  readonly hex: boolean;
  /** Key of encrypted telegrams, in hexadecimal. */
  readonly key?: string;
  readonly lang?: Language;
}

const exitGood = 0;
const exitBad = 65;
const exitUnreadable = 66;

/**
 * `hasen decode`: one line of JSON for each telegram, in the order of the input, as it arrives. Returns the exit code: 0 with at
 * least one good telegram, 65 without, 66 where the input cannot be read, 64 for a protocol that is none.
 */
export async function decodeCommand(order: DecodeOrder, streams: Streams): Promise<number> {
  const tell = (error: ProblemError) => {
    const lang = order.lang ?? language(process.env);
    streams.stderr.write(`${renderProblem(error, { lang, color: false })}\n`);
  };
  const chosen = meterLanguage(order.protocol);
  if (chosen === null) {
    const allowed = meterLanguages.map(({ name }) => name);
    const wrong = problem("USE-002", { option: "<protocol>", value: order.protocol, allowed });
    tell(wrong);
    return wrong.exit;
  }
  const key = order.key === undefined ? null : fromHex(order.key);
  if (order.key !== undefined && key === null) {
    const wrong = problem("USE-002", { option: "--key", value: "…", allowed: "0-9 a-f" });
    tell(wrong);
    return wrong.exit;
  }
  const out = new Output(streams, chosen.name);
  let bytes = 0;
  try {
    const input = order.input === "-" ? streams.stdin : createReadStream(order.input);
    for await (const results of order.hex ? ofLines(input, chosen, key) : ofBytes(input, chosen, key)) {
      bytes += results.bytes;
      if (!(await out.write(results.telegrams))) {
        return exitGood; // The reader has seen enough (`| head`).
      }
    }
  } catch (error) {
    tell(problemOfSystemError(error, order.input === "-" ? "stdin" : order.input));
    return exitUnreadable;
  }
  if (out.good > 0) {
    return exitGood;
  }
  const kind = out.bad === 0 ? "nothing" : "faulty";
  tell(
    problem("DEC-065", {
      protocol: chosen.name,
      input: order.input === "-" ? { word: "decode.input" } : order.input,
      reason: { word: `decode.${kind}.why`, parameters: { bytes, count: out.bad } },
      next: { word: `decode.${kind}.next` },
    }),
  );
  return exitBad;
}

interface Results {
  /** Input they were found in. */
  readonly bytes: number;
  readonly telegrams: readonly (Telegram | BadTelegram)[];
}

async function* ofBytes(
  input: Readable,
  chosen: MeterLanguage,
  key: Uint8Array | null,
): AsyncGenerator<Results> {
  const decoder = chosen.decoder(keysOf(key));
  for await (const chunk of input) {
    yield { bytes: chunk.length, telegrams: decoder.push(chunk) };
  }
  yield { bytes: 0, telegrams: decoder.end() };
}

async function* ofLines(
  input: Readable,
  chosen: MeterLanguage,
  key: Uint8Array | null,
): AsyncGenerator<Results> {
  for await (const line of hexLines(input)) {
    yield { bytes: line.bytes?.length ?? 0, telegrams: ofLine(line, chosen, key) };
  }
}

function keysOf(key: Uint8Array | null): MeterKeys {
  return { ciphers: nodeCiphers, key };
}

/**
 * What one line holds, with the line's number as offset. A line that holds nothing has that as its fault. The line's own key goes before
 * that of the command line.
 */
function ofLine(
  line: HexLine,
  chosen: MeterLanguage,
  key: Uint8Array | null,
): readonly (Telegram | BadTelegram)[] {
  const offset = line.number;
  if (line.bytes === null) {
    return [{ offset, fault: "syntax", detail: line.trouble }];
  }
  const decoder = chosen.decoder(keysOf(line.key === null ? key : fromHex(line.key)));
  const results = [...decoder.push(line.bytes), ...decoder.end()];
  return results.length === 0
    ? [{ offset, fault: "syntax", detail: "no telegram begins on this line" }]
    : results.map((result) => ({ ...result, offset }));
}

class Output {
  good = 0;
  bad = 0;
  private readonly streams: Streams;
  private readonly protocol: string;
  private closed = false;

  constructor(streams: Streams, protocol: string) {
    this.streams = streams;
    this.protocol = protocol;
    streams.stdout.once("error", () => {
      this.closed = true;
    });
  }

  /** False when nobody reads any more. */
  async write(results: readonly (Telegram | BadTelegram)[]): Promise<boolean> {
    let text = "";
    for (const result of results) {
      text += `${JSON.stringify(this.line(result))}\n`;
      if (isFault(result)) {
        this.bad++;
      } else {
        this.good++;
      }
    }
    const { stdout } = this.streams;
    if (text !== "" && !this.closed && !stdout.write(text)) {
      await Promise.race([once(stdout, "drain"), once(stdout, "close")]).catch(() => undefined);
    }
    return !this.closed;
  }

  private line(result: Telegram | BadTelegram): object {
    const { offset } = result;
    const { protocol } = this;
    if (isFault(result)) {
      return { offset, protocol, fault: result.fault, detail: result.detail };
    }
    const { meter, quality } = result;
    const readings = result.records?.map(recordLine) ?? result.readings.map(readingLine);
    return { offset, protocol, meter, ...(quality !== undefined && { quality }), readings };
  }
}

function readingLine({ obis, value, unit, quality, time }: Telegram["readings"][number]): object {
  return {
    obis,
    value: valueText(value),
    unit,
    ...(quality !== undefined && { quality }),
    ...(time !== undefined && { time }),
  };
}

/** The record as it is: its members are in the order of the contract. */
function recordLine({ value, unit, ...record }: DataRecord): object {
  return { ...record, value: value === null ? null : valueText(value), unit };
}

function valueText(value: MeterNumber | string): string {
  return typeof value === "string" ? value : decimalText(value.integer, value.exponent);
}

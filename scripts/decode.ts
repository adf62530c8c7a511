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
  Measurement,
  MeterChoices,
  MeterKeys,
  MeterLanguage,
  MeterNumber,
  RegisterReading,
  Telegram,
} from "../protocols/meter.ts";
import { type ModbusMap, readMap } from "../protocols/modbus-map.ts";
import { modbusMap, modbusMaps } from "../protocols/modbus-maps/index.ts";
import type { Span } from "../protocols/modbus-plan.ts";
import { receiverNames, wmbusBehind } from "../protocols/wmbus-receiver.ts";
import { ExplainOutput } from "./explain/command.ts";
import { type HexLine, hexLines, type Secrets } from "./hex-lines.ts";
import { jsonLine } from "./json-line.ts";
import type { Streams } from "./streams.ts";
import { SwallowWatch } from "./swallowed.ts";

export interface DecodeOrder {
  readonly protocol: string;
  /** A path, or "-" for standard input. */
  readonly input: string;
  /** The input is text with one telegram per line, in hexadecimal. */
  readonly hex: boolean;
  /** Key of encrypted telegrams, in hexadecimal. */
  readonly key?: string;
  /** Authentication key of encrypted DLMS telegrams, in hexadecimal. */
  readonly auth?: string;
  /** Address of a radio sensor, in hexadecimal. */
  readonly mac?: string;
  /** False leaves a meter's known wrong signs as they are sent. */
  readonly correctSigns?: boolean;
  /** Takes what is whole out of telegrams that are not. */
  readonly salvage?: boolean;
  /** The Modbus meter whose registers are to be named. */
  readonly map?: string;
  /** Whose frames wireless telegrams are in. */
  readonly receiver?: string;
  /** What every byte means, for people, in place of the readings. */
  readonly explain?: boolean;
  /** With `explain`: as JSON lines. */
  readonly json?: boolean;
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
  if (order.receiver !== undefined && !receiverNames.some((name) => name === order.receiver)) {
    const wrong = problem("USE-002", { option: "--receiver", value: order.receiver, allowed: receiverNames });
    tell(wrong);
    return wrong.exit;
  }
  const isFramed = order.protocol === "wmbus" && order.receiver !== undefined;
  const named = isFramed ? wmbusBehind(order.receiver) : meterLanguage(order.protocol);
  if (named === null) {
    const allowed = meterLanguages.map(({ name }) => name);
    const wrong = problem("USE-002", { option: "<protocol>", value: order.protocol, allowed });
    tell(wrong);
    return wrong.exit;
  }
  const choices: MeterChoices = {
    ...(order.correctSigns === false && { correctSigns: false }),
    ...(order.salvage === true && { salvage: true }),
  };
  const chosen: MeterLanguage = { ...named, decoder: (keys) => named.decoder(keys, choices) };
  const unknown = Object.keys(choices).find((name) => !named.choices?.some((choice) => choice.name === name));
  if (unknown !== undefined) {
    const given = unknown === "salvage" ? "--salvage" : "--no-correct-signs";
    const wrong = problem("USE-003", { given });
    tell(wrong);
    return wrong.exit;
  }
  const key = secret(order.key);
  const auth = secret(order.auth);
  const mac = secret(order.mac?.replace(/[:-]/g, ""));
  if (key === "wrong" || auth === "wrong" || mac === "wrong") {
    const option = key === "wrong" ? "--key" : auth === "wrong" ? "--auth" : "--mac";
    const wrong = problem("USE-007", { option });
    tell(wrong);
    return wrong.exit;
  }
  const map = order.map === undefined ? null : modbusMap(order.map);
  if (order.map !== undefined && map === null) {
    const allowed = modbusMaps.map(({ name }) => name);
    const wrong = problem("USE-002", { option: "--map", value: order.map, allowed });
    tell(wrong);
    return wrong.exit;
  }
  const keys: MeterKeys = { ciphers: nodeCiphers, key, auth, mac };
  const out = new Output(streams, chosen.name, map);
  const view = { json: order.json === true, lang: order.lang ?? language(process.env) };
  const explained = new ExplainOutput(streams, chosen, view);
  const watch = new SwallowWatch();
  let bytes = 0;
  try {
    const input = order.input === "-" ? streams.stdin : createReadStream(order.input);
    if (order.explain) {
      await explained.writeAll(input, order.hex ? (line) => keysOf(line, keys) : keys);
      bytes = explained.bytes;
    }
    for await (const results of order.explain
      ? []
      : order.hex
        ? ofLines(input, chosen, keys)
        : ofBytes(input, chosen, keys, watch)) {
      bytes += results.bytes;
      if (!(await out.write(results.telegrams))) {
        return exitGood; // The reader has seen enough (`| head`).
      }
    }
  } catch (error) {
    tell(problemOfSystemError(error, order.input === "-" ? "stdin" : order.input));
    return exitUnreadable;
  }
  const { good, bad } = order.explain ? explained : out;
  if (good > 0) {
    return exitGood;
  }
  const kind =
    bad === 0
      ? "nothing"
      : !order.hex && !order.explain && watch.explains(chosen.name, bad)
        ? "swallowed"
        : "faulty";
  tell(
    problem("DEC-065", {
      protocol: chosen.name,
      input: order.input === "-" ? { word: "decode.input" } : order.input,
      reason: { word: `decode.${kind}.why`, parameters: { bytes, count: bad } },
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
  keys: MeterKeys,
  watch: SwallowWatch,
): AsyncGenerator<Results> {
  const decoder = chosen.decoder(keys);
  for await (const chunk of input) {
    watch.push(chunk);
    yield { bytes: chunk.length, telegrams: decoder.push(chunk) };
  }
  yield { bytes: 0, telegrams: decoder.end() };
}

async function* ofLines(input: Readable, chosen: MeterLanguage, keys: MeterKeys): AsyncGenerator<Results> {
  for await (const line of hexLines(input)) {
    yield { bytes: line.bytes?.length ?? 0, telegrams: ofLine(line, chosen, keys) };
  }
}

/** Null where nobody gave it. */
function secret(text: string | undefined): Uint8Array | null | "wrong" {
  return text === undefined ? null : (fromHex(text) ?? "wrong");
}

/** A line's own go before those of the command line. */
function keysOf({ secrets }: HexLine & { readonly secrets: Secrets }, keys: MeterKeys): MeterKeys {
  const own = (text: string | null) => (text === null ? null : fromHex(text));
  return {
    ciphers: keys.ciphers,
    key: own(secrets.key) ?? keys.key,
    auth: own(secrets.auth) ?? keys.auth ?? null,
    mac: own(secrets.mac) ?? keys.mac ?? null,
  };
}

/**
 * What one line holds, with the line's number as offset. A line that holds nothing has that as its fault.
 */
function ofLine(line: HexLine, chosen: MeterLanguage, keys: MeterKeys): readonly (Telegram | BadTelegram)[] {
  const offset = line.number;
  if (line.bytes === null) {
    return [{ offset, fault: "syntax", detail: line.trouble }];
  }
  const decoder = chosen.decoder(keysOf(line, keys));
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
  private readonly map: ModbusMap | null;
  private closed = false;

  constructor(streams: Streams, protocol: string, map: ModbusMap | null) {
    this.streams = streams;
    this.protocol = protocol;
    this.map = map;
    streams.stdout.once("error", () => {
      this.closed = true;
    });
  }

  /** False when nobody reads any more. */
  async write(results: readonly (Telegram | BadTelegram)[]): Promise<boolean> {
    let text = "";
    for (const result of results) {
      text += jsonLine(this.line(result));
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
    const { meter, model, quality, own } = result;
    const readings =
      registerLines(result.registers, this.map) ??
      (result.records ?? result.measurements)?.map(recordLine) ??
      result.readings.map(readingLine);
    return {
      offset,
      protocol,
      meter,
      ...(model !== undefined && { model }),
      ...(quality !== undefined && { quality }),
      readings,
      ...(own !== undefined && { own: own.map(recordLine) }),
    };
  }
}

/** By the meter's map what it names, else the registers as they are. */
function registerLines(
  registers: Telegram["registers"],
  map: ModbusMap | null,
): readonly object[] | undefined {
  const named =
    registers === undefined || map === null ? [] : readMap(map, (span) => bytesOf(registers, span));
  return named.length > 0 ? named.map(readingLine) : registers;
}

function bytesOf(registers: readonly RegisterReading[], { table, address, count }: Span): Uint8Array | null {
  const first = registers.findIndex((one) => one.table === table && one.address === address);
  const inside = first >= 0 && first + count <= registers.length;
  return inside
    ? fromHex(
        registers
          .slice(first, first + count)
          .map(({ raw }) => raw)
          .join(""),
      )
    : null;
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

/** The record or measurement as it is: its members are in the order of the contract. */
function recordLine(record: DataRecord | Measurement): object {
  const { value, unit, ...others } = record;
  return { ...others, value: value === null ? null : valueText(value), unit };
}

function valueText(value: MeterNumber | string): string {
  return typeof value === "string" ? value : decimalText(value.integer, value.exponent);
}

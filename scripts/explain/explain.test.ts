import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { D0Meter } from "../../hil-tests/meters/d0-meter.ts";
import { DsmrMeter, dsmrKey } from "../../hil-tests/meters/dsmr-meter.ts";
import { randomBytes } from "../../hil-tests/meters/noise.ts";
import { simulators } from "../../hil-tests/meters/simulators.ts";
import { SmlMeter } from "../../hil-tests/meters/sml-meter.ts";
import { concat, fromHex, toHex } from "../../protocols/bytes.ts";
import { nodeCiphers } from "../../protocols/crypto-node.ts";
import { isFault } from "../../protocols/fault.ts";
import { meterLanguage, meterLanguages } from "../../protocols/index.ts";
import { longFrame } from "../../protocols/mbus-frame.ts";
import type { MeterKeys, Telegram } from "../../protocols/meter.ts";
import { rtuFrame } from "../../protocols/modbus-rtu-frame.ts";
import { withParity } from "../../protocols/parity.ts";
import { CompactFormats } from "../../protocols/wmbus-compact.ts";
import { makerWriters, sealKey } from "../../protocols/wmbus-makers/maker-write.ts";
import { decodeCommand } from "../decode.ts";
import { type Explained, explain, explainers } from "./explain.ts";
import { valueText } from "./explainer.ts";
import { recordText } from "./mbus.ts";
import { type Layer, leaves, type Span } from "./sheet.ts";
import { explainedLines } from "./text.ts";
import { de } from "./words-de.ts";
import { en } from "./words-en.ts";

const data = process.env["DREIHASEN_DATA"];
const meters = data === undefined ? "" : join(data, "meters");
const here = data !== undefined && existsSync(meters);
const noKeys: MeterKeys = { ciphers: nodeCiphers, key: null };

/** Whether the spans cover every byte once, all the way in; what is wrong, else null. */
function gapIn({ bytes, spans }: Layer): string | null {
  let at = 0;
  for (const span of leaves(spans)) {
    if (span.from !== at || span.to <= span.from) {
      return `${span.word} at ${span.from} where ${at} was due`;
    }
    at = span.to;
  }
  if (at !== bytes.length) {
    return `${bytes.length - at} bytes at the end`;
  }
  for (const inside of allSpans(spans).flatMap((span) => span.inside ?? [])) {
    const gap = gapIn(inside);
    if (gap !== null) {
      return gap;
    }
  }
  return null;
}

function allSpans(spans: readonly Span[]): readonly Span[] {
  return spans.flatMap((span) => [span, ...allSpans(span.parts)]);
}

function everySpan(layer: Layer): readonly Span[] {
  return allSpans(layer.spans).flatMap((span) => [
    span,
    ...(span.inside === null ? [] : everySpan(span.inside)),
  ]);
}

/** What the decoder read, as an explanation says it. */
function saidOf({ readings, records, own, measurements, registers }: Telegram): readonly string[] {
  return [
    ...(records ?? []).map(recordText),
    ...(own ?? []).map(recordText),
    ...(measurements ?? []).map(({ quantity, value, unit }) => `${quantity} = ${valueText(value, unit)}`),
    ...(registers ?? []).map(({ table, address, raw }) => `${table} ${address} = ${raw}`),
    ...readings.map(({ obis, value, unit }) => `${obis} = ${valueText(value, unit)}`),
  ];
}

/** Readings that no span names. */
function unsaid({ layer, result }: Explained): readonly string[] {
  if (result === null || isFault(result)) {
    return [];
  }
  const values = everySpan(layer).flatMap(({ value }) => value ?? []);
  return saidOf(result).filter((said) => !values.some((value) => value.includes(said)));
}

/** Whether a span stands out of a good telegram. */
function blamed({ layer, result }: Explained): readonly string[] {
  return result === null || isFault(result)
    ? []
    : everySpan(layer)
        .filter(({ isWrong }) => isWrong)
        .map(({ word, value }) => `${word} ${value}`);
}

function check(name: string, bytes: Uint8Array, keys: MeterKeys, formats?: CompactFormats): number {
  const all = explain(meterLanguage(name)!, bytes, keys, formats);
  expect(all.reduce((sum, { layer }) => sum + layer.bytes.length, 0)).toBe(bytes.length);
  for (const one of all) {
    const place = `${name} at ${one.offset} ${toHex(one.layer.bytes).slice(0, 80)}`;
    expect(gapIn(one.layer), place).toBeNull();
    expect(unsaid(one), place).toEqual([]);
    expect(blamed(one), place).toEqual([]);
  }
  return all.filter(({ result }) => result !== null && !isFault(result)).length;
}

function linesOf(file: string): readonly { readonly bytes: Uint8Array; readonly keys: MeterKeys }[] {
  return readFileSync(join(meters, file), "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => {
      const [hex, ...options] = line.trim().split(";");
      const option = (name: string) => {
        const found = options.find((one) => one.startsWith(`${name}=`));
        return found === undefined ? null : fromHex(found.slice(name.length + 1));
      };
      return {
        bytes: fromHex(hex!) ?? new Uint8Array(0),
        keys: { ciphers: nodeCiphers, key: option("key"), auth: option("auth") },
      };
    });
}

it("explains every language there is", () => {
  expect(Object.keys(explainers).sort()).toEqual(meterLanguages.map(({ name }) => name).sort());
});

/** One good telegram of each language, made here or from a standard's example. */
const own: readonly (readonly [string, Uint8Array])[] = [
  ["sml", new SmlMeter({ profile: "holley", number: 1, seed: 1 }).telegram()],
  ["d0", new D0Meter({ profile: "q3d", number: 1, seed: 1 }).telegram()],
  ["dsmr", new DsmrMeter({ version: 2, number: 1, seed: 1 }).telegram()],
  ["dsmr", withParity(new DsmrMeter({ version: 5, number: 1, seed: 1 }).telegram())],
  ["mbus", longFrame(8, 1, fromHex("72785634122d2c0104000000000406c80000000413204e0000")!)!],
  ["modbus", concat([rtuFrame(1, fromHex("0300000002")!), rtuFrame(1, fromHex("030401f4000a")!)])],
  ["bthome", fromHex("4002c40903bf13")!],
  ["ruuvi", fromHex("0512fc5394c37c0004fffc040cac364200cdcbb8334c884f")!],
];

describe.each(own)("a telegram of %s", (name, telegram) => {
  const language = meterLanguage(name)!;

  it("is explained byte by byte, with every reading as the decoder reads it", () => {
    expect(check(name, telegram, noKeys)).toBe(1);
  });

  it("is explained as far as it goes, cut anywhere or with any bit flipped", () => {
    for (let at = 0; at < telegram.length; at++) {
      const flipped = Uint8Array.from(telegram);
      flipped[at]! ^= 1 << (at % 8);
      for (const bytes of [telegram.subarray(0, at), flipped]) {
        for (const { layer } of explain(language, bytes, noKeys)) {
          expect(gapIn(layer), `${name}, byte ${at}`).toBeNull();
        }
      }
    }
  });
});

it("random bytes are explained without gap or exception, in every language", () => {
  for (const language of meterLanguages) {
    for (let seed = 1; seed <= 200; seed++) {
      const bytes = randomBytes(
        seed,
        200,
        seed % 2 === 0 ? [0x68, 0x10, 0x7e, 0x1b, 1, 0x0f, 0x2f, 0xdb, 0x44, 0x72, 8, 0x16] : undefined,
      );
      for (const { layer } of explain(language, bytes, noKeys)) {
        expect(gapIn(layer), `${language.name}, seed ${seed}`).toBeNull();
      }
    }
  }
});

it("a wrong checksum is shown with the one that was expected", () => {
  const telegram = Uint8Array.from(own[4]![1]);
  telegram[20]! ^= 1;
  const lines = explain(meterLanguage("mbus")!, telegram, noKeys).flatMap((one) =>
    explainedLines(one, "byte 0", "en"),
  );
  expect(lines.join("\n")).toMatch(/checksum \(sum\): [0-9a-f]{2} ≠ [0-9a-f]{2} {2}<== here it goes wrong/);
});

describe.each(makerWriters.map((writer) => [writer.name, writer] as const))(
  "a wireless telegram in a maker's format, %s,",
  (name, writer) => {
    const values = {
      id: "12345678",
      now: 4711,
      before: 815,
      due: { year: 2023, month: 12, day: 31 },
      today: { year: 2024, month: 2, day: 29 },
    };
    const telegram = writer.write(values, nodeCiphers);
    const keys: MeterKeys = { ciphers: nodeCiphers, key: fromHex(sealKey) };

    it("is explained byte by byte, with every reading and the format's name, in both languages", () => {
      expect(check("wmbus", telegram, keys)).toBe(1);
      const [one] = explain(meterLanguage("wmbus")!, telegram, keys);
      expect(explainedLines(one!, "line 1", "en").join("\n")).toContain(
        `in a format of the maker's own: ${name}`,
      );
      expect(explainedLines(one!, "Zeile 1", "de").join("\n")).toContain(
        `in einem Format des Herstellers: ${name}`,
      );
    });

    it("is explained as far as it goes, cut anywhere, with any bit flipped or without its key", () => {
      for (let at = 0; at < telegram.length; at++) {
        const flipped = Uint8Array.from(telegram);
        flipped[at]! ^= 1 << (at % 8);
        const cut = telegram.slice(0, at);
        cut[0] = at - 1;
        for (const bytes of [cut, flipped]) {
          for (const { layer } of [
            ...explain(meterLanguage("wmbus")!, bytes, keys),
            ...explain(meterLanguage("wmbus")!, bytes, noKeys),
          ]) {
            expect(gapIn(layer), `${name}, byte ${at}`).toBeNull();
          }
        }
      }
    });
  },
);

describe("a sealed telegram", () => {
  const given = (hex: string): MeterKeys => ({ ciphers: nodeCiphers, key: fromHex(hex) });
  const sealed = ["dsmr", "mbus"].map((language) => {
    const simulator = simulators.find((one) => one.language === language)!;
    const meter = simulator.create({ profile: "sealed", seed: 1 });
    const asked = fromHex("105b015c16")!; // REQ_UD2 to address 1
    const telegram = meter.telegram() ?? concat(meter.receive(asked).map(({ bytes }) => bytes));
    return [language, telegram] as const;
  });

  it.each(sealed)("of %s is explained to the last reading with its key", (language, telegram) => {
    expect(check(language, telegram, given(dsmrKey))).toBe(1);
  });

  it.each(sealed)(
    "of %s is explained as far as its seal without a key, or with another's",
    (language, telegram) => {
      for (const keys of [noKeys, given("ffffffffffffffffffffffffffffffff")]) {
        const all = explain(meterLanguage(language)!, telegram, keys);
        expect(all).toHaveLength(1);
        expect(gapIn(all[0]!.layer)).toBeNull();
        expect(all[0]!.result).toMatchObject({ fault: keys === noKeys ? "no-key" : "wrong-key" });
        const said = everySpan(all[0]!.layer).flatMap(({ value }) => value ?? []);
        expect(said.filter((value) => /2941/.test(value))).toEqual([]);
      }
    },
  );

  it("of P1 whose tag was changed is explained, and not said to be its meter's", () => {
    const changed = Uint8Array.from(sealed[0]![1]);
    changed[changed.length - 1]! ^= 1;
    const [one] = explain(meterLanguage("dsmr")!, changed, given(dsmrKey));
    expect(one!.result).toMatchObject({ fault: "checksum" });
    expect(gapIn(one!.layer)).toBeNull();
  });
});

it("every sentence has the same gaps in German and English", () => {
  const gaps = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
  for (const word of Object.keys(en) as (keyof typeof en)[]) {
    expect(gaps(de[word]), word).toEqual(gaps(en[word]));
  }
});

describe.skipIf(!here)(`recorded telegrams${here ? "" : " (skipped: no meter data)"}`, () => {
  it.each(["sml", "d0"])(
    "of %s: each byte is explained once, and every reading is named as the decoder reads it",
    (name) => {
      let good = 0;
      for (const file of readdirSync(join(meters, name))) {
        good += check(name, readFileSync(join(meters, name, file)).subarray(0, 40_000), noKeys);
      }
      expect(good).toBeGreaterThan(name === "sml" ? 150 : 4);
    },
  );

  it.each([
    ["dsmr", "dsmr.hex", 8],
    ["mbus", "mbus.hex", 39],
    ["mbus", "mbus-wired.hex", 20],
    ["wmbus", "wmbus.hex", 126],
    ["dlms", "dlms.hex", 5],
  ])(
    "of %s in %s: each byte is explained once, and every reading is named as the decoder reads it",
    (name, file, least) => {
      const formats = new CompactFormats();
      const good = linesOf(file).reduce((sum, { bytes, keys }) => sum + check(name, bytes, keys, formats), 0);
      expect(good).toBeGreaterThanOrEqual(least);
    },
  );

  it.each(["bthome", "ruuvi"])("of %s: each byte is explained once, and every value is named", (name) => {
    const lines = readFileSync(join(meters, `${name}.vectors.ndjson`), "utf8")
      .trim()
      .split("\n");
    for (const line of lines) {
      const vector = JSON.parse(line);
      const hex: string = vector.payload ?? vector.hex ?? vector.data ?? vector.serviceData ?? vector.raw;
      const option = (text: unknown) =>
        typeof text === "string" ? fromHex(text.replace(/[:-]/g, "")) : null;
      check(name, fromHex(hex)!, { ciphers: nodeCiphers, key: option(vector.key), mac: option(vector.mac) });
    }
  });
});

it("the command says it as JSON lines, one for each innermost span", async () => {
  const streams = {
    stdin: Readable.from([own[0]![1]]),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
  };
  let said = "";
  streams.stdout.on("data", (chunk: Buffer) => {
    said += String(chunk);
  });
  const order = { protocol: "sml", input: "-", hex: false, explain: true, json: true, lang: "de" } as const;
  expect(await decodeCommand(order, streams)).toBe(0);
  const spans = said
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(spans.map(({ hex }) => hex).join("")).toBe(toHex(own[0]![1]));
  expect(spans[0]).toMatchObject({
    telegram: 0,
    layer: 0,
    from: 0,
    to: 8,
    key: "sml.start",
    meaning: "Startsequenz",
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeAll, goodOnes, readingLine } from "../hil-tests/meters/decoded.ts";
import { dataFolder } from "../hil-tests/programs.ts";
import { fromHex } from "./bytes.ts";
import { d0 } from "./d0.ts";
import { dsmr } from "./dsmr.ts";
import type { BadTelegram, Telegram } from "./meter.ts";

const meters = dataFolder("meters");

interface Expected {
  readonly file: string;
  readonly offset: number;
  readonly meter?: string;
  readonly readings?: readonly { obis: string; value: string; unit: string | null; time?: string }[];
  readonly fault?: string;
}

function expectedOf(language: string): Expected[] {
  const text = readFileSync(join(meters!, `${language}.expected.ndjson`), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Expected);
}

function found(results: readonly (Telegram | BadTelegram)[]) {
  return goodOnes(results).map(({ offset, meter, readings }) => ({
    offset,
    meter,
    readings: readings.map(readingLine),
  }));
}

function wanted(expected: readonly Expected[]) {
  return expected
    .filter(({ readings }) => readings !== undefined)
    .map(({ offset, meter, readings }) => ({ offset, meter, readings }));
}

const chunks = [1, 7, 64, Number.MAX_SAFE_INTEGER];

describe.skipIf(meters === null)("captures of D0 meters (skipped without meter data)", () => {
  const expected = meters === null ? [] : expectedOf("d0");
  const files = [...new Set(expected.map(({ file }) => file))];

  it.each(files)("%s gives each telegram, entry for entry, however it is cut", (file) => {
    const bytes = readFileSync(join(meters!, file));
    const lines = expected.filter((line) => line.file === file);
    for (const chunk of chunks) {
      const results = decodeAll(d0, bytes, chunk);
      expect(found(results)).toEqual(wanted(lines));
      for (const line of lines.filter(({ fault }) => fault !== undefined)) {
        expect(results).toContainEqual(expect.objectContaining({ offset: line.offset, fault: line.fault }));
      }
    }
  });
});

describe.skipIf(meters === null)("telegrams of P1 ports (skipped without meter data)", () => {
  const lines = meters === null ? [] : readFileSync(join(meters, "dsmr.hex"), "utf8").split("\n");
  const expected = meters === null ? [] : expectedOf("dsmr");

  it.each(expected)("$file line $offset gives what it should, however it is cut", (line) => {
    const bytes = fromHex(lines[line.offset - 1]!)!;
    for (const chunk of chunks) {
      const results = decodeAll(dsmr, bytes, chunk).map((result) => ({ ...result, offset: line.offset }));
      expect(found(results)).toEqual(wanted([line]));
      if (line.fault !== undefined) {
        expect(results).toEqual([expect.objectContaining({ fault: line.fault })]);
      }
    }
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../hil-tests/programs.ts";
import { fromHex } from "./bytes.ts";
import { nodeCiphers } from "./crypto-node.ts";
import { decimalText } from "./decimal.ts";
import { isFault } from "./fault.ts";
import { meterLanguage } from "./index.ts";
import type { DataRecord, Telegram } from "./meter.ts";

const meters = dataFolder("meters");

interface Expected {
  readonly offset: number;
  readonly meter?: string;
  readonly readings?: readonly (Omit<DataRecord, "value"> & { readonly value: string | null })[];
  /** Places of the readings whose value the capture's own source confirms. */
  readonly sure?: readonly number[];
  readonly fault?: string;
}

function linesOf(file: string): string[] {
  return readFileSync(join(meters!, file), "utf8").split("\n");
}

/** What stands on one line of a hex list, with the key behind it. */
function decodeLine(language: string, line: string) {
  const [hex, option] = line.trim().split(";");
  const key = option === undefined ? null : fromHex(option.replace("key=", ""));
  const decoder = meterLanguage(language)!.decoder({ ciphers: nodeCiphers, key });
  return [...decoder.push(fromHex(hex!) ?? new Uint8Array(0)), ...decoder.end()];
}

function valueText(value: DataRecord["value"]): string | null {
  return value === null || typeof value === "string" ? value : decimalText(value.integer, value.exponent);
}

describe.skipIf(meters === null)("captures of M-Bus meters (skipped without meter data)", () => {
  it.each([
    ["mbus", "mbus"],
    ["mbus-wired", "mbus"],
    ["wmbus", "wmbus"],
  ])("of %s give every telegram and every record, and refuse what is faulty", (name, language) => {
    const lines = linesOf(`${name}.hex`);
    const expected = linesOf(`${name}.expected.ndjson`)
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Expected);
    for (const { offset, meter, readings, sure } of expected) {
      const results = decodeLine(language, lines[offset - 1]!);
      const good = results.filter((result) => !isFault(result));
      const where = `${name}, line ${offset}`;
      if (readings === undefined) {
        expect(good, where).toEqual([]);
        continue;
      }
      expect(good, where).toHaveLength(1);
      const telegram = good[0] as Telegram;
      expect(telegram.meter, where).toBe(meter);
      const found = telegram.records!.map((record, i) => ({
        ...record,
        value: sure!.includes(i) ? valueText(record.value) : readings[i]?.value,
      }));
      expect(found, where).toEqual(readings);
    }
  });
});

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Decoder } from "cbor-x";
import { describe, expect, it } from "vitest";
import { pythonWith } from "../hil-tests/programs.ts";
import { fromHex, toHex } from "./bytes.ts";
import { type CborValue, decodeCbor } from "./cbor.ts";
import { nodeCrypto } from "./crypto-node.ts";
import { type Integer, integerText, parseDecimal } from "./decimal.ts";
import { isFault } from "./fault.ts";
import { createPackWriter, decodePack, packRowsMax, packShapeId, packStepMax, packTimeMax } from "./pack.ts";
import { columnsMax, decodeShape, encodeShape, type Shape, shapeId } from "./shape.ts";
import vectors from "./vectors/pack.json" with { type: "json" };

const file = fileURLToPath(new URL("./vectors/pack.json", import.meta.url));
const reader = fileURLToPath(new URL("./vectors/read_packs.py", import.meta.url));
const python = pythonWith("cbor2");

const packs = vectors.packs.map((pack) => ({
  ...pack,
  shape: pack.shape as Shape,
  timeQuality: pack.timeQuality as "synced" | "relative" | "unknown",
  bytes: fromHex(pack.message.join("")) as Uint8Array,
  /** Time, then values as text. */
  texts: pack.rows.map((row) => row.map((cell, i) => (i === 0 || cell === null ? cell : String(cell)))),
}));

function integer(text: string | number | null | undefined): Integer | null {
  return typeof text === "string" ? (parseDecimal(text)?.integer ?? null) : null;
}

describe("the vectors of packs", () => {
  it.each(packs)(
    "are what the writer makes: $name",
    ({ shape, id, time, timeQuality, step, texts, bytes }) => {
      expect(shapeId(nodeCrypto, shape)).toBe(id);
      const writer = createPackWriter({ shape, id, rowsMax: texts.length });
      writer.begin({ time, timeQuality, step });
      for (const row of texts) {
        expect(writer.add(Number(row[0]), row.slice(1).map(integer))).toBe("added");
      }
      expect(toHex(writer.flush())).toBe(toHex(bytes));
    },
  );

  it.each(packs)(
    "are what the reader reads: $name",
    ({ shape, id, time, timeQuality, step, texts, bytes }) => {
      const value = decodeCbor(bytes) as CborValue;
      expect(packShapeId(value)).toBe(id);
      const pack = decodePack(value, shape);
      if (isFault(pack)) {
        throw new Error(pack.detail);
      }
      expect(pack).toMatchObject({ time, timeQuality, step });
      expect(
        pack.rows.map((row) => [row.time, ...row.values.map((v) => (v === null ? null : integerText(v)))]),
      ).toEqual(texts);
    },
  );

  it.each(packs)("have shapes that are shapes: $name", ({ shape }) => {
    expect(decodeShape(decodeCbor(encodeShape(shape)) as CborValue)).toEqual(shape);
  });

  it.skipIf(python === null)(
    "are read by Python with cbor2 and struct alone (skipped without python3-cbor2)",
    () => {
      const run = spawnSync(python ?? "", [reader, file], { encoding: "utf8" });
      expect(run.stderr).toBe("");
      expect(JSON.parse(run.stdout)).toEqual(
        packs.map(({ id, time, timeQuality, step, texts }) => ({ id, time, timeQuality, step, rows: texts })),
      );
    },
  );

  it("are read by cbor-x, which makes typed arrays of RFC 8746 of the rows", () => {
    const air = packs.find((pack) => pack.name === "street-air as rows");
    const message = new Decoder().decode(air?.bytes ?? new Uint8Array(0));
    expect(message[4]).toBeInstanceOf(Int16Array);
    expect([...message[4]].map(String)).toEqual(air?.texts.flatMap((row) => row.slice(1)));
  });
});

describe("pack.cddl", () => {
  const text = readFileSync(new URL("./pack.cddl", import.meta.url), "utf8").replace(/;.*/g, "");

  it("defines every name it uses", () => {
    const defined = [...text.matchAll(/^([a-z][a-z0-9-]*) =/gm)].map((match) => match[1]);
    const used = text
      .replace(/"[^"]*"/g, "")
      .replace(/\b[\w-]+:/g, "")
      .match(/(?<![\w.#-])[a-z][a-z0-9-]*/g);
    const prelude = ["any", "bstr", "int", "null", "tstr", "uint"]; // RFC 8610 appendix D
    expect([...new Set(used)].filter((name) => !defined.includes(name) && !prelude.includes(name))).toEqual(
      [],
    );
  });

  it("has the limits that the code has", () => {
    expect(text).toContain(`ms = 0..${packTimeMax}`);
    expect(text).toContain(`step = 1..${packStepMax}`);
    expect(text).toContain(`columns: [1*${columnsMax} column]`);
    expect(readFileSync(new URL("./pack.cddl", import.meta.url), "utf8")).toContain(
      `1 to ${packRowsMax} rows`,
    );
  });
});

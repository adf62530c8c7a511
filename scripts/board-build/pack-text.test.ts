import { transformSync } from "esbuild";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../../protocols/bytes.ts";
import { bytesOf, head } from "../../protocols/cbor-small.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { isFault } from "../../protocols/fault.ts";
import { createPackWriter, type PackWriter } from "../../protocols/pack.ts";
import { inRange, quantities, quantityNames, widthFor } from "../../protocols/quantity.ts";
import { type Shape, shapeId, shapeOf } from "../../protocols/shape.ts";
import { packText } from "./pack-text.ts";
import { rangeText } from "./range-text.ts";

/** Shapes of up to six quantities at exponents they can have. */
const shapes = fc
  .record({
    names: fc.uniqueArray(fc.constantFrom(...quantityNames), { minLength: 1, maxLength: 6 }),
    coarser: fc.nat(2),
    time: fc.constantFrom("interval", "column"),
  } as const)
  .map(({ names, coarser, time }) => {
    const columns = names.map((quantity) => ({
      quantity,
      exponent: quantities[quantity].exponent + coarser,
    }));
    return shapeOf(columns, time, "rows");
  })
  .filter((shape): shape is Shape => !isFault(shape));

function compiled(shape: Shape, id: string): (rowsMax: number) => PackWriter {
  const { code } = transformSync(packText("make", shape, id), { loader: "ts" });
  return new Function("bytesOf", "head", `${code}\nreturn make;`)(bytesOf, head);
}

function rangeOf(shape: Shape): (column: unknown, value: number, i: number) => boolean {
  const { code } = transformSync(`const check = ${rangeText(shape)};`, { loader: "ts" });
  return new Function(`${code}\nreturn check;`)();
}

/** Rows of values in range, a few of them missing; counters rise. */
function rowsOf(shape: Shape, seed: readonly number[]): (number | null)[][] {
  return seed.map((one, row) =>
    shape.columns.map(({ quantity, exponent }, i) => {
      const { counter, least, most } = quantities[quantity];
      const scale = 10 ** (exponent - quantities[quantity].exponent);
      const part = ((one * (i + 7)) % 997) / 997;
      const value = counter ? 1_000_000 + row * 500 + one : (least + part * (most - least)) / scale;
      return one % 11 === i ? null : Math.trunc(value);
    }),
  );
}

describe("the text of a pack writer", () => {
  it("makes of the same rows the same bytes as the writer that works it out", () => {
    fc.assert(
      fc.property(
        shapes,
        fc.array(fc.nat(5000), { minLength: 1, maxLength: 20 }),
        fc.constantFrom("synced", "relative"),
        fc.nat(2_000_000_000_000),
        fc.constantFrom(1000, 60_000, 900_000),
        (shape, seed, timeQuality, time, step) => {
          const id = shapeId(nodeCrypto, shape);
          const rows = rowsOf(shape, seed);
          const written = [compiled(shape, id)(16), createPackWriter({ shape, id, rowsMax: 16 })].map(
            (writer) => {
              writer.begin({ time, timeQuality, step });
              const added = rows.map((values, row) => writer.add(time + row * step, values));
              const late = writer.add(time + 100 * step, rows[0]);
              return `${added.join()} ${writer.rows} ${shape.time === "column" ? "" : late} ${toHex(writer.flush())}`;
            },
          );
          expect(written[0]).toBe(written[1]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("checks ranges as the quantity's table does", () => {
    fc.assert(
      fc.property(
        shapes,
        fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -1, 32767, 32768)),
        (shape, value) => {
          const check = rangeOf(shape);
          shape.columns.forEach((column, i) => {
            const quantity = quantities[column.quantity];
            const fits = Math.floor(value) === value && inRange(quantity, value, column.exponent);
            expect(widthFor(quantity, column.exponent)).not.toBeNull();
            expect(check(column, value, i)).toBe(fits);
          });
        },
      ),
      { numRuns: 2000 },
    );
  });
});

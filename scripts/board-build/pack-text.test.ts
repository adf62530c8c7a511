import { transformSync } from "esbuild";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BoardWriter } from "../../firmware/board.ts";
import { toHex } from "../../protocols/bytes.ts";
import { bytesOf, head } from "../../protocols/cbor-small.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { isFault } from "../../protocols/fault.ts";
import { createPackWriter } from "../../protocols/pack.ts";
import { inRange, quantities, quantityNames, widthFor } from "../../protocols/quantity.ts";
import { type Shape, shapeId, shapeOf } from "../../protocols/shape.ts";
import { packText } from "./pack-text.ts";
import { boundsOf, rangeText } from "./range-text.ts";

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

function compiled(
  shape: Shape,
  id: string,
  sure: [number, number][] | null,
): (rowsMax: number) => BoardWriter {
  const { code } = transformSync(packText("make", shape, id, sure), { loader: "ts" });
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
          const written = [compiled(shape, id, null)(16), createPackWriter({ shape, id, rowsMax: 16 })].map(
            (writer) => {
              // One pack after the other, as long as before or shorter, a moment or months later.
              const packs = [0, 1000, 1000 + step, 3e9, 3e9 + 1, 3e9 + 2].map((later, pack) => {
                const start = time + later;
                writer.begin({ time: start, timeQuality, step });
                const added = rows
                  .slice(pack === 4 ? -1 : 0)
                  .map((values, row) => writer.add(start + row * step, values));
                const late = writer.add(start + 100 * step, rows[0]);
                return `${added.join()} ${writer.rows} ${shape.time === "column" ? "" : late} ${toHex(writer.flush())}`;
              });
              return packs.join("\n");
            },
          );
          expect(written[0]).toBe(written[1]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("takes quickly just those rows with which nothing is wrong, and makes the same bytes of them", () => {
    const wide = fc.oneof(fc.constant(null), fc.integer({ min: -70_000, max: 70_000 }));
    fc.assert(
      fc.property(
        shapes,
        fc.array(fc.array(wide, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        (shape, numbers, isSure) => {
          const id = shapeId(nodeCrypto, shape);
          const bounds = boundsOf(shape);
          // A driver that is sure stays within its own bounds, which may be wider than the quantity's, and always has values.
          const sure = bounds.map(([least, most]): [number, number] => [least, most + 100]);
          const kept = (value: number | null, i: number) =>
            isSure ? Math.max(bounds[i][0], Math.min(value ?? 0, bounds[i][1] + 100)) : value;
          const rows = numbers.map((row) => row.slice(0, shape.columns.length).map(kept));
          const quick = compiled(shape, id, isSure ? sure : null)(16);
          const slow = createPackWriter({ shape, id, rowsMax: 16 });
          for (const writer of [quick, slow]) {
            writer.begin({ time: 5000, timeQuality: "relative", step: 60_000 });
          }
          const isPlain =
            shape.time === "interval" && shape.columns.every(({ quantity }) => !quantities[quantity].counter);
          for (const values of rows) {
            const due = 5000 + slow.rows * 60_000;
            const right = values.every(
              (value, i) => value !== null && bounds[i][0] <= value && value <= bounds[i][1],
            );
            expect(quick.quick(due + 1, values)).toBe(0);
            const taken = quick.quick(due, values) > 0;
            expect(taken).toBe(isPlain && right && slow.rows < 16);
            if (taken) {
              slow.add(due, values);
            }
          }
          expect(toHex(quick.flush()).slice(0, slow.rows === 0 ? 0 : undefined)).toBe(toHex(slow.flush()));
        },
      ),
      { numRuns: 500 },
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

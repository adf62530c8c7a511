import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "./bytes.ts";
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from "./cbor.ts";
import { nodeCrypto } from "./crypto-node.ts";
import { isFault } from "./fault.ts";
import { quantityNames } from "./quantity.ts";
import {
  columnsMax,
  decodeShape,
  encodeShape,
  isPersonal,
  type Shape,
  shapeId,
  shapeOf,
  shapeValue,
} from "./shape.ts";

const bay: Shape = {
  columns: [{ quantity: "occupied", exponent: 0, width: 8 }],
  time: "column",
  body: "rows",
};

const anyShape = fc
  .record({
    columns: fc.uniqueArray(
      fc.record({
        quantity: fc.constantFrom(...quantityNames),
        exponent: fc.integer({ min: -18, max: 18 }),
        width: fc.constantFrom(8 as const, 16 as const, 32 as const),
      }),
      { minLength: 1, maxLength: columnsMax, selector: (column) => column.quantity },
    ),
    time: fc.constantFrom("interval" as const, "column" as const),
  })
  .map((shape): Shape => ({ ...shape, body: "compact" }));

/** The value with some column or field replaced. */
function altered(change: { columns?: CborValue; time?: CborValue; body?: CborValue }): CborMap {
  const columns = (shapeValue(bay) as CborMap).pairs.find(([key]) => key === "columns")?.[1] ?? null;
  return {
    pairs: [
      ["columns", change.columns ?? columns],
      ["time", change.time ?? "column"],
      ["body", change.body ?? "rows"],
    ],
  };
}

function column(quantity: CborValue, exponent: CborValue, width: CborValue): CborMap {
  return {
    pairs: [
      ["quantity", quantity],
      ["exponent", exponent],
      ["width", width],
    ],
  };
}

describe("a shape", () => {
  it("comes back from its CBOR as it was", () => {
    fc.assert(
      fc.property(anyShape, (shape) => {
        const value = decodeCbor(encodeShape(shape));
        expect(isFault(value) ? value : decodeShape(value)).toEqual(shape);
      }),
    );
  });

  it("has one encoding, whose hash is its id", () => {
    const hex =
      "a3" +
      "64626f6479" +
      "64726f7773" + // body: rows
      "6474696d65" +
      "66636f6c756d6e" + // time: column
      "67636f6c756d6e73" +
      "81" +
      "a3" + // columns: one
      "657769647468" +
      "08" +
      "686578706f6e656e74" +
      "00" +
      "687175616e74697479" +
      "686f63637570696564";
    expect(toHex(encodeShape(bay))).toBe(hex);
    const digest = createHash("sha256")
      .update(fromHex(hex) as Uint8Array)
      .digest("hex");
    expect(shapeId(nodeCrypto, bay)).toBe(digest.slice(0, 8));
  });

  it("has another id as soon as anything in it changes", () => {
    fc.assert(
      fc.property(anyShape, anyShape, (a, b) => {
        fc.pre(toHex(encodeShape(a)) !== toHex(encodeShape(b)));
        expect(shapeId(nodeCrypto, a)).not.toBe(shapeId(nodeCrypto, b));
      }),
    );
  });

  it("gets one width for all columns as rows, and each column its own in compact form", () => {
    const columns = [
      { quantity: "occupied", exponent: 0 },
      { quantity: "batteryVoltage", exponent: -3 },
    ] as const;
    const widths = (body: Shape["body"]) => {
      const shape = shapeOf(columns, "interval", body);
      return isFault(shape) ? shape : shape.columns.map((fitted) => fitted.width);
    };
    expect(widths("rows")).toEqual([16, 16]);
    expect(widths("compact")).toEqual([8, 16]);
  });

  it("cannot be made of steps so fine that 32 bits do not hold the range", () => {
    expect(shapeOf([{ quantity: "temperature", exponent: -9 }], "interval", "rows")).toMatchObject({
      fault: "range",
    });
    expect(shapeOf([], "interval", "rows")).toMatchObject({ fault: "limit" });
  });

  it("is personal as soon as one column is", () => {
    expect(isPersonal(bay)).toBe(true);
    expect(isPersonal({ ...bay, columns: [{ quantity: "temperature", exponent: -2, width: 16 }] })).toBe(
      false,
    );
  });

  it.each<[string, CborValue, string]>([
    ["no map", 7, "syntax"],
    ["another field", { pairs: [...altered({}).pairs, ["more", 1]] }, "syntax"],
    ["a field too few", { pairs: altered({}).pairs.slice(1) }, "syntax"],
    ["another time", altered({ time: "sometimes" }), "syntax"],
    ["another body", altered({ body: "columns" }), "syntax"],
    ["no columns", altered({ columns: [] }), "limit"],
    [
      "too many columns",
      altered({ columns: new Array(columnsMax + 1).fill(column("occupied", 0, 8)) }),
      "limit",
    ],
    ["a column that is none", altered({ columns: [8] }), "syntax"],
    ["a width of 24", altered({ columns: [column("occupied", 0, 24)] }), "syntax"],
    ["an exponent of 19", altered({ columns: [column("occupied", 19, 8)] }), "range"],
    [
      "an exponent of 64 bits",
      altered({ columns: [column("occupied", { high: 1 << 30, low: 0 }, 8)] }),
      "syntax",
    ],
    ["a float as exponent", altered({ columns: [column("occupied", { float: 0 }, 8)] }), "syntax"],
    ["a quantity of another table", altered({ columns: [column("auraColour", 0, 8)] }), "unsupported"],
    ["a quantity that every object has", altered({ columns: [column("toString", 0, 8)] }), "unsupported"],
    ["one quantity twice", altered({ columns: [column("pm1", 0, 16), column("pm1", -1, 16)] }), "syntax"],
    ["rows of two widths", altered({ columns: [column("pm1", 0, 16), column("occupied", 0, 8)] }), "syntax"],
  ])("with %s is refused", (_, value, code) => {
    expect(decodeShape(value)).toMatchObject({ fault: code });
  });

  it("never comes out of damaged bytes as something that does not encode to them", () => {
    const bytes = encodeShape(bay);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      const value = decodeCbor(damaged);
      const shape = isFault(value) ? value : decodeShape(value);
      if (!isFault(shape)) {
        expect(toHex(encodeShape(shape))).toBe(toHex(encodeCbor(value as CborValue)));
      }
    }
  });
});

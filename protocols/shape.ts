import { toHex } from "./bytes.ts";
import { type CborArray, type CborMap, type CborValue, encodeCbor, field, isArray, isMap } from "./cbor.ts";
import type { Crypto } from "./crypto.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { isQuantityName, type QuantityName, quantities, type Width, widthFor } from "./quantity.ts";

/**
 * The shape of a pack: what its numbers mean. Fixed when the firmware is built, or made from a meter's first telegram. Its id
 * is a hash of itself, so a firmware change can never reinterpret old data. Its form in CDDL: pack.cddl.
 */
export interface Shape {
  readonly columns: readonly Column[];
  /** "interval": row i was read at time + i x step. "column": the body's first column counts ticks of `step` ms. */
  readonly time: "interval" | "column";
  /** "rows": one RFC 8746 typed array, row by row. "compact": differences, column by column (pack-compact.ts). */
  readonly body: "rows" | "compact";
}

export interface Column {
  readonly quantity: QuantityName;
  /** The column's integers count steps of 10^exponent of the quantity's unit. */
  readonly exponent: number;
  /** Bits of a value, or of a counter's difference to its base. All columns of a "rows" body have the same. */
  readonly width: Width;
}

/** Most columns of a shape: the longest shape message stays far below a frame. */
export const columnsMax = 32;

const exponentMax = 18;

/**
 * The shape for quantities at given exponents, with the narrowest widths that hold their ranges. A Fault where there are no or
 * too many columns, one quantity twice, or an exponent so fine that 32 bits do not hold the quantity's range.
 */
export function shapeOf(
  columns: readonly Pick<Column, "quantity" | "exponent">[],
  time: Shape["time"],
  body: Shape["body"],
): Shape | Fault {
  const fitted: Column[] = [];
  let widest: Width = 8;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    const width = widthFor(quantities[column.quantity], column.exponent);
    if (width === null) {
      return fault("range", column.quantity + " does not fit 32 bits in steps of 10^" + column.exponent);
    }
    widest = width > widest ? width : widest;
    fitted.push({ quantity: column.quantity, exponent: column.exponent, width: width });
  }
  const shared = fitted.map((column) => ({
    quantity: column.quantity,
    exponent: column.exponent,
    width: body === "rows" ? widest : column.width,
  }));
  return checked({ columns: shared, time: time, body: body });
}

/** The shape's deterministic CBOR: what its id is the hash of. */
export function encodeShape(shape: Shape): Uint8Array {
  return encodeCbor(shapeValue(shape));
}

/** The shape as message 4 carries it. */
export function shapeValue(shape: Shape): CborValue {
  const columns = shape.columns.map(
    (column): CborMap => ({
      pairs: [
        ["quantity", column.quantity],
        ["exponent", column.exponent],
        ["width", column.width],
      ],
    }),
  );
  return {
    pairs: [
      ["columns", columns],
      ["time", shape.time],
      ["body", shape.body],
    ],
  };
}

/**
 * The shape of a decoded value. A Fault "syntax" for any other form, "range" or "limit" for what no writer makes, "unsupported"
 * for a quantity that this side's table does not have.
 */
export function decodeShape(value: CborValue): Shape | Fault {
  const columns = isMap(value) && value.pairs.length === 3 ? field(value, "columns") : undefined;
  if (!isMap(value) || !isArray(columns)) {
    return fault("syntax", "a shape is a map of columns, time and body");
  }
  const time = field(value, "time");
  const body = field(value, "body");
  if ((time !== "interval" && time !== "column") || (body !== "rows" && body !== "compact")) {
    return fault("syntax", "a shape's time is interval or column, its body rows or compact");
  }
  const decoded = decodeColumns(columns);
  return isFault(decoded) ? decoded : checked({ columns: decoded, time: time, body: body });
}

/** First 4 bytes of SHA-256 over encodeShape, as 8 hexadecimal digits. */
export function shapeId(crypto: Crypto, shape: Shape): string {
  return toHex(crypto.sha256(encodeShape(shape)).subarray(0, 4));
}

/** Bits of an element of the body: those of the widest column. */
export function bodyWidth(shape: Shape): Width {
  let widest: Width = 8;
  for (let i = 0; i < shape.columns.length; i++) {
    widest = shape.columns[i].width > widest ? shape.columns[i].width : widest;
  }
  return widest;
}

/** Elements of a row in the body: the columns, and the time column where there is one. */
export function rowLength(shape: Shape): number {
  return shape.columns.length + (shape.time === "column" ? 1 : 0);
}

/** Columns that travel as a base and differences. */
export function counterCount(shape: Shape): number {
  return shape.columns.filter((column) => quantities[column.quantity].counter).length;
}

/** Whether any column tells about a person: such a shape must not leave a device unencrypted. */
export function isPersonal(shape: Shape): boolean {
  return shape.columns.some((column) => quantities[column.quantity].personal);
}

function decodeColumns(values: CborArray): Column[] | Fault {
  if (values.length > columnsMax) {
    return fault("limit", "a shape of " + values.length + " columns, at most " + columnsMax);
  }
  const columns: Column[] = [];
  for (let i = 0; i < values.length; i++) {
    const column = decodeColumn(values[i]);
    if (isFault(column)) {
      return column;
    }
    columns.push(column);
  }
  return columns;
}

function decodeColumn(value: CborValue): Column | Fault {
  if (!isMap(value) || value.pairs.length !== 3) {
    return fault("syntax", "a column is a map of quantity, exponent and width");
  }
  const quantity = field(value, "quantity");
  const exponent = field(value, "exponent");
  const width = field(value, "width");
  if (typeof quantity !== "string" || typeof exponent !== "number") {
    return fault("syntax", "a column's quantity is text, its exponent an integer");
  }
  if (width !== 8 && width !== 16 && width !== 32) {
    return fault("syntax", "a column's width is 8, 16 or 32");
  }
  if (!isQuantityName(quantity)) {
    return fault("unsupported", "quantity " + quantity.substr(0, 40) + " is not in the table");
  }
  return { quantity: quantity, exponent: exponent, width: width };
}

function checked(shape: Shape): Shape | Fault {
  const columns = shape.columns;
  if (columns.length === 0 || columns.length > columnsMax) {
    return fault("limit", "a shape of " + columns.length + " columns, not 1 to " + columnsMax);
  }
  for (let i = 0; i < columns.length; i++) {
    if (columns[i].exponent < -exponentMax || columns[i].exponent > exponentMax) {
      return fault("range", "exponent " + columns[i].exponent + " of " + columns[i].quantity);
    }
    if (shape.body === "rows" && columns[i].width !== columns[0].width) {
      return fault("syntax", "columns of different widths in a body of rows");
    }
    for (let before = 0; before < i; before++) {
      // A record's name is its quantity's: two would be taken for one, sent twice.
      if (columns[before].quantity === columns[i].quantity) {
        return fault("syntax", columns[i].quantity + " stands in two columns");
      }
    }
  }
  return shape;
}

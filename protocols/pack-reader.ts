import { toHex } from "./bytes.ts";
import { type CborValue, isArray, isBytes, isTag, isUint, isWords } from "./cbor.ts";
import { type Integer, sum } from "./decimal.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { readCompact } from "./pack-compact.ts";
import {
  type Pack,
  type PackRow,
  packMessage,
  packRowsMax,
  packStepMax,
  packTimeMax,
  shapeIdLength,
  type TimeQuality,
  timeQualities,
  typedArrayTag,
} from "./pack-form.ts";
import { inRange, leastAt, mostAt, quantities, type Width, widthMost } from "./quantity.ts";
import { bodyWidth, type Column, counterCount, rowLength, type Shape } from "./shape.ts";

/** The id of the shape of a pack message (8 hexadecimal digits), without reading the rest. */
export function packShapeId(value: CborValue): string | Fault {
  const id = shapeIdBytes(value);
  return isFault(id) ? id : toHex(id);
}

function shapeIdBytes(value: CborValue): Uint8Array | Fault {
  const id = isArray(value) && value[0] === packMessage ? value[1] : undefined;
  return isBytes(id) && id.length === shapeIdLength
    ? id
    : fault("syntax", "a pack is [1, shape id of 4 bytes, ...]");
}

/**
 * The rows of a pack message whose shape is known (packShapeId). Strict: what it accepts, a writer of this shape makes again,
 * byte for byte. A Fault "syntax" for another form, "limit" for too many rows, "range" for a value or time outside its bounds.
 */
export function decodePack(value: CborValue, shape: Shape): Pack | Fault {
  const counters = counterCount(shape);
  const id = shapeIdBytes(value);
  if (isFault(id)) {
    return id;
  }
  if (!isArray(value) || value.length !== (counters === 0 ? 5 : 6)) {
    return fault(
      "syntax",
      "a pack of this shape has " + (counters === 0 ? "no" : "its counters'") + " bases",
    );
  }
  const start = decodeTime(value[2]);
  const step = value[3];
  if (isFault(start)) {
    return start;
  }
  if (!isUint(step, packStepMax) || step === 0) {
    return fault("range", "a pack's step is 1 to " + packStepMax + " ms");
  }
  const bases = decodeBases(counters === 0 ? [] : value[5], counters);
  if (isFault(bases)) {
    return bases;
  }
  const body = shape.body === "rows" ? readRows(value[4], shape) : readDifferences(value[4], shape);
  if (isFault(body)) {
    return body;
  }
  const times = rowTimes(body, { shape, time: start.time, step });
  if (isFault(times)) {
    return times;
  }
  const rows = decodeRows(body, { shape, bases, times });
  return isFault(rows) ? rows : { timeQuality: start.quality, time: start.time, step, rows };
}

/** Unix ms, or [1 | 2, ms since boot]. */
function decodeTime(value: CborValue): { quality: TimeQuality; time: number } | Fault {
  if (isUint(value, packTimeMax)) {
    return { quality: "synced", time: value };
  }
  if (isArray(value) && value.length === 2 && (value[0] === 1 || value[0] === 2)) {
    const time = value[1];
    if (isUint(time, packTimeMax)) {
      return { quality: timeQualities[value[0]], time: time };
    }
  }
  return fault("syntax", "a pack's time is Unix ms or [1 or 2, ms since boot]");
}

function decodeBases(value: CborValue, counters: number): readonly Integer[] | Fault {
  if (!isArray(value) || value.length !== counters) {
    return fault("syntax", "a pack's bases are one integer for each of its " + counters + " counters");
  }
  const bases: Integer[] = [];
  for (let i = 0; i < value.length; i++) {
    const base = value[i];
    // CBOR has negative integers of 65 bits; no register does.
    if (typeof base !== "number" && !(isWords(base) && base.high >= -2147483648)) {
      return fault("syntax", "a counter's base is an integer of 64 bits");
    }
    bases.push(base);
  }
  return bases;
}

/** RFC 8746 §2: the tag says width, sign and order, the byte string holds the elements. */
function readRows(value: CborValue, shape: Shape): (number | null)[] | Fault {
  const width = bodyWidth(shape);
  const bytes = isTag(value) && value.tag === typedArrayTag(width) ? value.value : null;
  if (!isBytes(bytes)) {
    return fault("syntax", "a pack's body is a typed array of tag " + typedArrayTag(width));
  }
  const rows = bytes.length / (rowLength(shape) * (width / 8));
  if (rows !== Math.floor(rows) || rows < 1 || rows > packRowsMax) {
    return fault("limit", "a body of " + bytes.length + " bytes is not 1 to " + packRowsMax + " whole rows");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const missing = -widthMost(width) - 1;
  const values: (number | null)[] = [];
  for (let at = 0; at < bytes.length; at += width / 8) {
    const element = elementAt(view, at, width);
    values.push(element === missing ? null : element);
  }
  return values;
}

function elementAt(view: DataView, at: number, width: Width): number {
  return width === 8 ? view.getInt8(at) : width === 16 ? view.getInt16(at, true) : view.getInt32(at, true);
}

function readDifferences(value: CborValue, shape: Shape): (number | null)[] | Fault {
  return isBytes(value)
    ? readCompact(value, { rowLength: rowLength(shape), rowsMax: packRowsMax, width: bodyWidth(shape) })
    : fault("syntax", "a compact pack's body is a byte string");
}

/** ms of each row. The ticks of a time column begin at 0, never fall, and fit the width. */
function rowTimes(
  body: readonly (number | null)[],
  form: { readonly shape: Shape; readonly time: number; readonly step: number },
): number[] | Fault {
  const length = rowLength(form.shape);
  const times: number[] = [];
  const most = widthMost(bodyWidth(form.shape));
  let last = 0;
  for (let row = 0; row * length < body.length; row++) {
    if (form.shape.time === "interval") {
      times.push(form.time + row * form.step);
    } else {
      const tick = body[row * length];
      if (tick === null || tick < last || tick > most || (row === 0 && tick > 0)) {
        return fault("range", "row " + row + ": its time is missing, too late or before the row before");
      }
      times.push(form.time + tick * form.step);
      last = tick;
    }
  }
  return times;
}

function decodeRows(
  body: readonly (number | null)[],
  form: { readonly shape: Shape; readonly bases: readonly Integer[]; readonly times: readonly number[] },
): PackRow[] | Fault {
  const columns = form.shape.columns;
  const length = rowLength(form.shape);
  const decoded: (Integer | null)[][] = form.times.map(() => []);
  let counter = 0;
  for (let i = 0; i < columns.length; i++) {
    const elements = elementsOf(body, length, length - columns.length + i);
    const isCounter = quantities[columns[i].quantity].counter;
    const base = isCounter ? form.bases[counter++] : 0;
    if (isCounter && !isBase(base, elements)) {
      return fault("syntax", columns[i].quantity + ": the base is not its first value");
    }
    const bounds = boundsOf(columns[i]);
    for (let row = 0; row < elements.length; row++) {
      const value = decodeElement(elements[row], bounds, base);
      if (isFault(value)) {
        return value;
      }
      decoded[row].push(value);
    }
  }
  return decoded.map((values, row) => ({ time: form.times[row], values: values }));
}

/** One column of the body. */
function elementsOf(body: readonly (number | null)[], length: number, index: number): (number | null)[] {
  const elements: (number | null)[] = [];
  for (let at = index; at < body.length; at += length) {
    elements.push(body[at]);
  }
  return elements;
}

/** The first value there is has the difference 0; where there is none the base is 0. */
function isBase(base: Integer, differences: readonly (number | null)[]): boolean {
  for (let row = 0; row < differences.length; row++) {
    if (differences[row] !== null) {
      return differences[row] === 0;
    }
  }
  return base === 0;
}

/** What the values of a column must keep, worked out once for all its rows. */
interface Bounds {
  readonly column: Column;
  /** Of what stands in the body. */
  readonly widthMost: number;
  readonly least: number;
  readonly most: number;
}

function boundsOf(column: Column): Bounds {
  const quantity = quantities[column.quantity];
  return {
    column: column,
    widthMost: widthMost(column.width),
    least: leastAt(quantity, column.exponent),
    most: mostAt(quantity, column.exponent),
  };
}

function decodeElement(element: number | null, bounds: Bounds, base: Integer): Integer | null | Fault {
  if (element === null) {
    return null;
  }
  const column = bounds.column;
  if (element >= -bounds.widthMost && element <= bounds.widthMost) {
    const value = base === 0 ? element : sum(base, element);
    const fits =
      typeof value === "number"
        ? value >= bounds.least && value <= bounds.most
        : value !== null && inRange(quantities[column.quantity], value, column.exponent);
    if (fits) {
      return value;
    }
  }
  return fault("range", column.quantity + ": " + element + " is outside its range or width");
}

import { toHex } from "./bytes.ts";
import { type CborValue, isArray, isBytes, isTag, isUint, isWords } from "./cbor.ts";
import { type Integer, sum } from "./decimal.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { readCompact } from "./pack-compact.ts";
import {
  type Pack,
  type PackRow,
  type PackSize,
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
  const opened = openPack(value, shape);
  if (isFault(opened)) {
    return opened;
  }
  const rows: PackRow[] = [];
  const values = readRows(opened, rows);
  return typeof values === "number"
    ? { timeQuality: opened.quality, time: opened.time, step: opened.step, rows: rows }
    : values;
}

/** How much decodePack would give, or its Fault; the rows are not made. */
export function checkPack(value: CborValue, shape: Shape): PackSize | Fault {
  const opened = openPack(value, shape);
  if (isFault(opened)) {
    return opened;
  }
  const values = readRows(opened, null);
  return typeof values === "number"
    ? { rows: opened.elements.length / rowLength(shape), values: values }
    : values;
}

/** A pack whose form holds; its values and times are not looked at yet. */
interface OpenedPack {
  readonly shape: Shape;
  readonly quality: TimeQuality;
  readonly time: number;
  readonly step: number;
  readonly bases: readonly Integer[];
  /** Whole rows, one after the other; null where missing. */
  readonly elements: readonly (number | null)[];
}

function openPack(value: CborValue, shape: Shape): OpenedPack | Fault {
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
  const elements = shape.body === "rows" ? readElements(value[4], shape) : readDifferences(value[4], shape);
  return isFault(elements)
    ? elements
    : {
        shape: shape,
        quality: start.quality,
        time: start.time,
        step: step,
        bases: bases,
        elements: elements,
      };
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
function readElements(value: CborValue, shape: Shape): (number | null)[] | Fault {
  const width = bodyWidth(shape);
  const bytes = isTag(value) && value.tag === typedArrayTag(width) ? value.value : null;
  if (!isBytes(bytes)) {
    return fault("syntax", "a pack's body is a typed array of tag " + typedArrayTag(width));
  }
  const rows = bytes.length / (rowLength(shape) * (width / 8));
  if (rows !== Math.floor(rows) || rows < 1 || rows > packRowsMax) {
    return fault("limit", "a body of " + bytes.length + " bytes is not 1 to " + packRowsMax + " whole rows");
  }
  const missing = -widthMost(width) - 1;
  const elements: (number | null)[] = new Array(rows * rowLength(shape));
  for (let i = 0; i < elements.length; i++) {
    const element = elementAt(bytes, (i * width) / 8, width);
    elements[i] = element === missing ? null : element;
  }
  return elements;
}

/** Signed, little-endian. */
function elementAt(bytes: Uint8Array, at: number, width: Width): number {
  if (width === 8) {
    return (bytes[at] << 24) >> 24;
  }
  const low = bytes[at] | (bytes[at + 1] << 8);
  return width === 16 ? (low << 16) >> 16 : low | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

function readDifferences(value: CborValue, shape: Shape): (number | null)[] | Fault {
  return isBytes(value)
    ? readCompact(value, { rowLength: rowLength(shape), rowsMax: packRowsMax, width: bodyWidth(shape) })
    : fault("syntax", "a compact pack's body is a byte string");
}

/** What the values of a column must keep, and where it has come to. */
interface ColumnCheck {
  readonly column: Column;
  readonly isCounter: boolean;
  /** A counter's first value; 0 for what is none. */
  readonly base: Integer;
  /** A value of it was there. */
  begun: boolean;
  /** Of what stands in the body. */
  readonly widthMost: number;
  readonly least: number;
  readonly most: number;
}

function columnChecks(opened: OpenedPack): ColumnCheck[] {
  let counter = 0;
  return opened.shape.columns.map((column) => {
    const quantity = quantities[column.quantity];
    return {
      column: column,
      isCounter: quantity.counter,
      base: quantity.counter ? opened.bases[counter++] : 0,
      begun: false,
      widthMost: widthMost(column.width),
      least: leastAt(quantity, column.exponent),
      most: mostAt(quantity, column.exponent),
    };
  });
}

const none: (Integer | null)[] = [];

/** Checks every time and value, and adds the rows to `rows` where there is such a list. Gives how many values are there. */
function readRows(opened: OpenedPack, rows: PackRow[] | null): number | Fault {
  const elements = opened.elements;
  const hasTimes = opened.shape.time === "column";
  const checks = columnChecks(opened);
  const tickMost = widthMost(bodyWidth(opened.shape));
  let tick: number | null = 0;
  let found = 0;
  for (let at = 0, row = 0; at < elements.length; row++) {
    const before: number = tick;
    tick = hasTimes ? elements[at++] : row;
    // The ticks of a time column begin at 0, never fall, and fit the width.
    if (tick === null || (hasTimes && (tick < before || tick > tickMost || (row === 0 && tick > 0)))) {
      return fault("range", "row " + row + ": its time is missing, too late or before the row before");
    }
    const values: (Integer | null)[] = rows === null ? none : new Array(checks.length);
    for (let i = 0; i < checks.length; i++, at++) {
      const element = elements[at];
      const value = element === null ? null : elementValue(element, checks[i]);
      if (value === undefined) {
        return refusalOf(checks[i], element);
      }
      if (value !== null) {
        found++;
      }
      if (rows !== null) {
        values[i] = value;
      }
    }
    if (rows !== null) {
      rows.push({ time: opened.time + tick * opened.step, values: values });
    }
  }
  const refused = baseWithoutValue(checks);
  return refused === null ? found : refused;
}

/** The value of an element; undefined where it is none that its column may have. */
function elementValue(element: number, check: ColumnCheck): Integer | undefined {
  if (check.isCounter && !check.begun && element !== 0) {
    return undefined;
  }
  check.begun = true;
  if (element < -check.widthMost || element > check.widthMost) {
    return undefined;
  }
  const value = check.base === 0 ? element : sum(check.base, element);
  const fits =
    typeof value === "number"
      ? value >= check.least && value <= check.most
      : value !== null && inRange(quantities[check.column.quantity], value, check.column.exponent);
  return fits && value !== null ? value : undefined;
}

/** Why elementValue refused. */
function refusalOf(check: ColumnCheck, element: number | null): Fault {
  return check.isCounter && !check.begun
    ? fault("syntax", check.column.quantity + ": the base is not its first value")
    : fault("range", check.column.quantity + ": " + element + " is outside its range or width");
}

/** A counter of which no value is there has the base 0. */
function baseWithoutValue(checks: readonly ColumnCheck[]): Fault | null {
  for (let i = 0; i < checks.length; i++) {
    if (checks[i].isCounter && !checks[i].begun && checks[i].base !== 0) {
      return refusalOf(checks[i], null);
    }
  }
  return null;
}

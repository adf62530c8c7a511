import { fromHex, pieceOf } from "./bytes.ts";
import { encodeCbor, headLength, writeHead } from "./cbor.ts";
import type { Integer } from "./decimal.ts";
import { tokenLengthMax, writeCompact } from "./pack-compact.ts";
import { type AddRow, type OpenPack, type RowEncoder, rowEncoder } from "./pack-encoder.ts";
import {
  packMessage,
  packRowsMax,
  packStepMax,
  packTimeMax,
  shapeIdLength,
  type TimeQuality,
  timeQualities,
  typedArrayTag,
} from "./pack-form.ts";
import { quantities, type Width, widthMost } from "./quantity.ts";
import { bodyWidth, counterCount, rowLength, type Shape } from "./shape.ts";

export interface PackWriter {
  readonly shape: Shape;
  /** In the open pack. */
  readonly rows: number;
  /**
   * Begins an empty pack; rows not flushed are gone. `time` and `step` are whole ms, `time` that of the first row: where the
   * row then comes half a step or more from it, the row's own time is taken.
   */
  begin(start: { readonly time: number; readonly timeQuality: TimeQuality; readonly step: number }): void;
  /**
   * Adds a row; `time` in ms, of the same kind as that of `begin`.
   * - "full": the pack is closed. rowsMax is reached; or the time is not that of the next row (half a step or more off; in a
   *   time column: before the last row, or too late for the width); or a counter's difference does not fit. Flush, begin, and
   *   add the row again: an empty pack is never full.
   * - "range": a value is no integer, or outside its quantity's range or its column's width, or the time or step is none.
   *   Nothing is added; the row may come again with null for what cannot be.
   */
  readonly add: AddRow;
  /** The whole message in CBOR, empty without rows: a view into the writer's memory, good until its next call. */
  flush(): Uint8Array;
}

/** Longest head (array, 1, id, quality and time, step, tag, byte string), rounded up so that the body is 4-byte-aligned. */
const headMax = 32;

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** A writer of packs of one shape, with its memory. `rowsMax` is 1 to packRowsMax; rowsWithin says what a frame carries. */
export function createPackWriter(settings: {
  readonly shape: Shape;
  /** shapeId of the shape. */
  readonly id: string;
  readonly rowsMax: number;
  /** Where a build has compiled the shape's encoderSource; else it is compiled here. */
  readonly encoder?: RowEncoder;
}): PackWriter {
  const shape = settings.shape;
  const rowsMax = Math.min(settings.rowsMax, packRowsMax);
  const memory = allocate(shape, rowsMax);
  let begun = 0;
  let quality: TimeQuality = "unknown";
  const pack: OpenPack = {
    rows: 0,
    rowsMax: rowsMax,
    time: 0,
    step: NaN,
    tick: 0,
    bases: noBases(shape),
    body: memory.body,
    start: (time) => {
      const late = 2 * (time - begun);
      pack.time = late > -pack.step && late < pack.step ? begun : Math.floor(time);
      pack.tick = 0;
      return isWithin(pack.time, 0, packTimeMax) && isWithin(pack.step, 1, packStepMax);
    },
  };
  function empty(): void {
    pack.rows = 0;
    for (let i = 0; i < pack.bases.length; i++) {
      pack.bases[i] = null;
    }
  }
  return {
    shape: shape,
    get rows() {
      return pack.rows;
    },
    begin: (start) => {
      empty();
      begun = Math.floor(start.time);
      quality = start.timeQuality;
      pack.step = Math.floor(start.step);
    },
    add: rowEncoder(shape, pack, settings.encoder === undefined ? null : settings.encoder),
    flush: () => {
      if (pack.rows === 0) {
        return memory.message.subarray(0, 0);
      }
      const bodyEnd = closeBody(shape, memory.message, pack);
      const head = encodeHead({ shape, id: settings.id, quality, pack, bodyLength: bodyEnd - headMax });
      const start = headMax - head.length;
      memory.message.set(head, start);
      const end = writeBases(memory.message, bodyEnd, pack.bases);
      empty();
      return memory.message.subarray(start, end);
    },
  };
}

/** Most rows for which no message of the shape is longer than `messageMax` bytes; 0 where not even one fits. */
export function rowsWithin(shape: Shape, messageMax: number): number {
  const halves = 2 * (messageMax - headMax - basesLengthMax(shape));
  const free = shape.body === "rows" ? halves : halves - rowCountLengthMax;
  return Math.max(0, Math.min(packRowsMax, Math.floor(free / rowHalvesMax(shape))));
}

/** Swaps the bytes of each element: what a big-endian host does before its typed array goes out as little-endian. */
export function swapBytes(bytes: Uint8Array, width: Width): void {
  const size = width / 8;
  for (let at = 0; at < bytes.length; at += size) {
    pieceOf(bytes, at, size).reverse();
  }
}

/** Half bytes of the row count of a compact body, packRowsMax at most; rounded up to whole bytes. */
const rowCountLengthMax = 6;

/** Half bytes of a row in the body, at most. */
function rowHalvesMax(shape: Shape): number {
  const width = bodyWidth(shape);
  return rowLength(shape) * (shape.body === "rows" ? width / 4 : tokenLengthMax(width));
}

function basesLengthMax(shape: Shape): number {
  const counters = counterCount(shape);
  return counters === 0 ? 0 : headLength(counters) + 9 * counters;
}

/** The message, and the rows: in it where its body is the rows, beside it where it is made of them. */
function allocate(shape: Shape, rowsMax: number): { message: Uint8Array; body: OpenPack["body"] } {
  const width = bodyWidth(shape);
  const count = rowsMax * rowLength(shape);
  const bodyMax = Math.ceil((rowsMax * rowHalvesMax(shape) + rowCountLengthMax) / 2);
  const buffer = new ArrayBuffer(headMax + bodyMax + basesLengthMax(shape));
  const body =
    shape.body === "rows"
      ? elements(buffer, headMax, count, width)
      : elements(new ArrayBuffer((count * width) / 8), 0, count, width);
  return { message: new Uint8Array(buffer), body: body };
}

function elements(buffer: ArrayBuffer, offset: number, count: number, width: Width): OpenPack["body"] {
  return width === 8
    ? new Int8Array(buffer, offset, count)
    : width === 16
      ? new Int16Array(buffer, offset, count)
      : new Int32Array(buffer, offset, count);
}

function noBases(shape: Shape): (Integer | null)[] {
  return shape.columns.filter((column) => quantities[column.quantity].counter).map(() => null);
}

/** Finishes the body in the message; returns where it ends. */
function closeBody(shape: Shape, message: Uint8Array, pack: OpenPack): number {
  const width = bodyWidth(shape);
  const length = rowLength(shape);
  if (shape.body === "compact") {
    const missing = -widthMost(width) - 1;
    return writeCompact(message, headMax, { body: pack.body, rows: pack.rows, rowLength: length, missing });
  }
  const end = headMax + (pack.rows * length * width) / 8;
  if (!littleEndian) {
    swapBytes(message.subarray(headMax, end), width);
  }
  return end;
}

/** Everything before the bytes of the body. */
function encodeHead(head: {
  readonly shape: Shape;
  readonly id: string;
  readonly quality: TimeQuality;
  readonly pack: OpenPack;
  readonly bodyLength: number;
}): Uint8Array {
  const bytes = new Uint8Array(headMax);
  let at = writeHead(bytes, 0, 4, head.pack.bases.length > 0 ? 6 : 5);
  at = writeHead(bytes, at, 0, packMessage);
  at = writeHead(bytes, at, 2, shapeIdLength);
  bytes.set(idBytes(head.id), at);
  at += shapeIdLength;
  if (head.quality !== "synced") {
    at = writeHead(bytes, writeHead(bytes, at, 4, 2), 0, timeQualities.indexOf(head.quality));
  }
  at = writeHead(bytes, at, 0, head.pack.time);
  at = writeHead(bytes, at, 0, head.pack.step);
  if (head.shape.body === "rows") {
    at = writeHead(bytes, at, 6, typedArrayTag(bodyWidth(head.shape)));
  }
  at = writeHead(bytes, at, 2, head.bodyLength);
  return bytes.subarray(0, at);
}

/** After the body: one integer by counter, 0 for one that never had a value. */
function writeBases(message: Uint8Array, at: number, bases: readonly (Integer | null)[]): number {
  if (bases.length === 0) {
    return at;
  }
  const bytes = encodeCbor(bases.map((base) => (base === null ? 0 : base)));
  message.set(bytes, at);
  return at + bytes.length;
}

/** Of 8 hexadecimal digits; zeros where the caller gave another text. */
function idBytes(id: string): Uint8Array {
  const bytes = fromHex(id);
  return bytes !== null && bytes.length === shapeIdLength ? bytes : new Uint8Array(shapeIdLength);
}

function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

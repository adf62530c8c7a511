import { difference, type Integer } from "./decimal.ts";
import { inRange, leastAt, mostAt, type Quantity, quantities, widthMost } from "./quantity.ts";
import { bodyWidth, type Column, type Shape } from "./shape.ts";

/**
 * The encoder of one shape's rows, as source text: every bound a literal, every check unrolled, and one native `.set` a row,
 * which on a board costs a tenth of a loop. On Node the text is compiled when the shape is known; the build of a board's bundle
 * writes the same text into it. The text is made of the quantity table's numbers and names alone, nothing from a wire, so
 * compiling it runs no one else's code.
 */

const safeMax = 9007199254740991; // 2^53 - 1

/** What became of a row. "full": flush, begin, add it again. "range": add it again with null for what cannot be. */
export type Added = "added" | "full" | "range";

/** What a row encoder shares with its writer (pack.ts). */
export interface OpenPack {
  rows: number;
  readonly rowsMax: number;
  /** Of the first row, ms. */
  time: number;
  /** ms; NaN before it is given. */
  step: number;
  /** Of the last row, in the time column. */
  tick: number;
  /** One by counter column; null until its first value. */
  readonly bases: (Integer | null)[];
  readonly body: Int8Array | Int16Array | Int32Array;
  /** Takes the first row's time; false where it is none. */
  start(time: number): boolean;
}

export type AddRow = (time: number, values: readonly (Integer | null)[]) => Added;

/** A compiled encoder text: a function of these names. */
export type RowEncoder = (
  pack: OpenPack,
  /** Whether a counter's value of more than 53 bits is one, and within the range of that column. */
  isWide: (column: number, value: Integer) => boolean,
  /** value - base, 0 where there is no base yet; NaN beyond 53 bits. */
  change: (value: Integer, base: Integer | null) => number,
) => AddRow;

/** The text of a function body with the parameters pack, isWide and change (RowEncoder). */
export function encoderSource(shape: Shape): string {
  const most = widthMost(bodyWidth(shape));
  const ticks = shape.time === "column";
  const columns = columnTexts(shape, most);
  const names = (ticks ? ["tick"] : []).concat(columns.map((column) => column.name));
  return [
    "return function (time, values) {",
    "  var row = pack.rows;",
    '  if (row === pack.rowsMax) return "full";',
    '  if (row === 0 && !pack.start(time)) return "range";',
    ticks ? tickCheck(most) : intervalCheck,
    columns.map((column) => column.check).join("\n"),
    columns.map((column) => column.difference).join(""),
    columns.map((column) => column.commit).join(""),
    ticks ? "  pack.tick = tick;" : "",
    `  pack.body.set([${names.join(", ")}], row * ${names.length});`,
    "  pack.rows = row + 1;",
    '  return "added";',
    "};",
  ]
    .join("\n")
    .replace(/\n\n+/g, "\n");
}

/** The encoder of a shape for one writer's pack. `compiled` is the shape's text where a build has compiled it. */
export function rowEncoder(shape: Shape, pack: OpenPack, compiled: RowEncoder | null): AddRow {
  const encoder = compiled === null ? compile(encoderSource(shape)) : compiled;
  return encoder(
    pack,
    (column, value) => {
      const at = shape.columns[column];
      return typeof value === "object" && inRange(quantities[at.quantity], value, at.exponent);
    },
    change,
  );
}

function compile(source: string): RowEncoder {
  return new Function("pack", "isWide", "change", source) as RowEncoder;
}

function change(value: Integer, base: Integer | null): number {
  if (base === null) {
    return 0;
  }
  const result = difference(value, base);
  return result === null ? NaN : result;
}

/** Half a step early or late is another row's time. */
const intervalCheck = `  var late = 2 * (time - pack.time - row * pack.step);
  if (!(late > -pack.step && late < pack.step)) return "full";`;

function tickCheck(most: number): string {
  return `  var tick = Math.floor((time - pack.time) / pack.step + 0.5);
  if (!(tick >= pack.tick && tick <= ${most})) return "full";`;
}

/** What one column adds to the text. Nothing of the pack changes before all columns are checked. */
interface ColumnText {
  /** Of the variable that goes into the body. */
  readonly name: string;
  readonly check: string;
  readonly difference: string;
  readonly commit: string;
}

function columnTexts(shape: Shape, most: number): ColumnText[] {
  let counters = 0;
  return shape.columns.map((column, i) => {
    const quantity = quantities[column.quantity];
    const read = `  var v${i} = values[${i}]; // ${column.quantity}, 10^${column.exponent} ${quantity.senml}\n`;
    if (!quantity.counter) {
      const check = read + valueCheck("v" + i, column, quantity, -most - 1);
      return { name: "v" + i, check: check, difference: "", commit: "" };
    }
    const base = `pack.bases[${counters++}]`;
    const own = widthMost(column.width);
    return {
      name: "d" + i,
      check: read + counterCheck(i, column, quantity),
      difference: `
  var d${i} = v${i} === null ? ${-most - 1} : change(v${i}, ${base});
  if (v${i} !== null && !(d${i} >= ${-own} && d${i} <= ${own})) return "full";`,
      commit: `
  if (${base} === null) ${base} = v${i};`,
    };
  });
}

/** `| 0` leaves only an integer of 32 bits as it is: neither a fraction, nor NaN, nor two words, nor a hole in the row. */
function valueCheck(name: string, column: Column, quantity: Quantity, missing: number): string {
  const most = widthMost(column.width);
  const least = Math.max(leastAt(quantity, column.exponent), -most);
  const greatest = Math.min(mostAt(quantity, column.exponent), most);
  return `  if (${name} === null) ${name} = ${missing};
  else if ((${name} | 0) !== ${name} || ${name} < ${least} || ${name} > ${greatest}) return "range";`;
}

function counterCheck(i: number, column: Column, quantity: Quantity): string {
  const least = Math.max(leastAt(quantity, column.exponent), -safeMax);
  const greatest = Math.min(mostAt(quantity, column.exponent), safeMax);
  const fits = `v${i} >= ${least} && v${i} <= ${greatest} && Math.floor(v${i}) === v${i}`;
  return `  if (v${i} !== null && !(${fits}) && !isWide(${i}, v${i})) return "range";`;
}

/** The text of a pack writer for one shape: what pack-writer.ts works out while it runs, as numbers. */
import { fromHex } from "../../protocols/bytes.ts";
import { head } from "../../protocols/cbor-small.ts";
import { packMessage, shapeIdLength, typedArrayTag } from "../../protocols/pack-form.ts";
import { quantities, widthMost } from "../../protocols/quantity.ts";
import { bodyWidth, counterCount, rowLength, type Shape } from "../../protocols/shape.ts";
import { byteLiteral } from "./literals.ts";

/** Room before the body, so that it is 4-byte-aligned (pack-writer.ts). */
const headMax = 32;

/**
 * A function `name(rowsMax)` that gives a PackWriter. It takes rows whose values are in range (rangeText), and whose first comes at
 * the time `begin` names. Needs `head` and `bytesOf`.
 */
export function packText(name: string, shape: Shape, id: string): string {
  const width = bodyWidth(shape);
  const length = rowLength(shape);
  const rowBytes = (length * width) / 8;
  const counters = counterCount(shape);
  const basesMax = counters === 0 ? 0 : head(4, counters).length + 9 * counters;
  const columns = columnTexts(shape);
  const ticks = shape.time === "column";
  const plain = !ticks && counters === 0;
  const set = (ticks ? ["tick"] : []).concat(columns.map(({ value }) => value));
  return lines([
    `/** Rows of ${shape.columns.map(({ quantity, exponent }) => `${quantity} in 10^${exponent}`).join(", ")}: ${width} bits each. */`,
    `function ${name}(rowsMax: number): PackWriter {`,
    `  const bytes = new Uint8Array(${headMax + basesMax} + rowsMax * ${rowBytes});`,
    `  const body = new Int${width}Array(bytes.buffer, ${headMax}, rowsMax * ${length});`,
    "  let rows = 0;",
    "  let time = 0;",
    "  let step = 0;",
    "  let synced = false;",
    ticks ? "  let last = 0;" : "",
    plain ? "  let due = NaN;" : "",
    ...columns.map(({ base }) => base),
    "  return {",
    "    get rows() {",
    "      return rows;",
    "    },",
    "    begin(start) {",
    "      rows = 0;",
    "      time = start.time;",
    "      step = start.step;",
    '      synced = start.timeQuality === "synced";',
    ticks ? "      last = 0;" : "",
    plain ? "      due = time;" : "",
    ...columns.map(({ reset }) => reset),
    "    },",
    "    add(at, values) {",
    plain ? wholeRow(length) : "",
    '      if (rows === rowsMax) return "full";',
    ticks ? tickCheck(widthMost(width)) : intervalCheck,
    ...columns.map(({ check }) => check),
    ...columns.map(({ commit }) => commit),
    ticks ? "      last = tick;" : "",
    `      body.set([${set.join(", ")}], rows * ${length});`,
    "      rows++;",
    plain ? "      due = time + rows * step;" : "",
    '      return "added";',
    "    },",
    "    flush() {",
    "      const start = bytesOf(",
    `        ${byteLiteral(packHead(id, counters))} + (synced ? "" : "\\x82\\x01") + head(0, time) + head(0, step) +`,
    `          ${byteLiteral(head(6, typedArrayTag(width)))} + head(2, rows * ${rowBytes}),`,
    "      );",
    `      bytes.set(start, ${headMax} - start.length);`,
    `      let end = ${headMax} + rows * ${rowBytes};`,
    counters > 0 ? basesText(columns, counters) : "",
    "      rows = 0;",
    `      return bytes.subarray(${headMax} - start.length, end);`,
    "    },",
    "  };",
    "}",
  ]);
}

/** The usual row, in as few steps as there can be: it comes when it is due, lacks nothing, and has room. */
function wholeRow(length: number): string {
  return `      if (at === due && rows !== rowsMax && !values.includes(null)) {
        body.set(values as number[], rows * ${length});
        rows++;
        due += step;
        return "added";
      }`;
}

function packHead(id: string, counters: number): string {
  const bytes = fromHex(id) ?? new Uint8Array(shapeIdLength);
  return (
    head(4, counters > 0 ? 6 : 5) +
    head(0, packMessage) +
    head(2, shapeIdLength) +
    String.fromCharCode(...bytes)
  );
}

/** Half a step early or late is another row's time. */
const intervalCheck = `      const late = 2 * (at - time - rows * step);
      if (!(late > -step && late < step)) return "full";`;

function tickCheck(most: number): string {
  return `      const tick = Math.floor((at - time) / step + 0.5);
      if (!(tick >= last && tick <= ${most})) return "full";`;
}

interface ColumnText {
  /** Of the element that goes into the body. */
  readonly value: string;
  /** Of a counter: its base, and what keeps it. */
  readonly base: string;
  readonly reset: string;
  readonly check: string;
  readonly commit: string;
  readonly name: string;
}

function columnTexts(shape: Shape): ColumnText[] {
  const missing = -widthMost(bodyWidth(shape)) - 1;
  return shape.columns.map((column, i) => {
    const read = `      const v${i} = values[${i}] as number | null; // ${column.quantity}`;
    if (!quantities[column.quantity].counter) {
      return {
        name: `v${i}`,
        value: `v${i} === null ? ${missing} : v${i}`,
        base: "",
        reset: "",
        check: read,
        commit: "",
      };
    }
    const most = widthMost(column.width);
    return {
      name: `b${i}`,
      value: `d${i}`,
      base: `  let b${i}: number | null = null;`,
      reset: `      b${i} = null;`,
      check: lines([
        read,
        `      const d${i} = v${i} === null ? ${missing} : b${i} === null ? 0 : v${i} - b${i};`,
        `      if (v${i} !== null && Math.abs(d${i}) > ${most}) return "full";`,
      ]),
      commit: `      b${i} = b${i} === null ? v${i} : b${i};`,
    };
  });
}

/** Behind the body: one integer by counter, 0 for one that never had a value. */
function basesText(columns: readonly ColumnText[], counters: number): string {
  const bases = columns.filter(({ base }) => base !== "");
  return lines([
    `      const bases = bytesOf(${byteLiteral(head(4, counters))} + ${bases.map(({ name }) => `head(0, ${name} || 0)`).join(" + ")});`,
    "      bytes.set(bases, end);",
    "      end += bases.length;",
  ]);
}

function lines(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n");
}

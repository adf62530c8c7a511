/** The text of a pack writer for one shape: what pack-writer.ts works out while it runs, as numbers. */
import type { Driver } from "../../firmware/driver.ts";
import { fromHex } from "../../protocols/bytes.ts";
import { head } from "../../protocols/cbor-small.ts";
import { packMessage, shapeIdLength, typedArrayTag } from "../../protocols/pack-form.ts";
import { quantities, widthMost } from "../../protocols/quantity.ts";
import { bodyWidth, counterCount, rowLength, type Shape } from "../../protocols/shape.ts";
import { byteLiteral } from "./literals.ts";
import { boundsOf } from "./range-text.ts";

/** Least and most of each column. */
type Bounds = NonNullable<Driver["bounds"]>;

/** Room before the body, so that it is 4-byte-aligned (pack-writer.ts). */
const headMax = 32;

/**
 * A function `name(rowsMax)` that gives a BoardWriter (firmware/board.ts). It takes rows whose values are in range (rangeText), and whose
 * first comes at the time `begin` names. `sure`: what the driver's arithmetic can give (DriverFacts.bounds). Needs `head` and `bytesOf`.
 */
export function packText(name: string, shape: Shape, id: string, sure: Bounds | null): string {
  const width = bodyWidth(shape);
  const length = rowLength(shape);
  const counters = counterCount(shape);
  const basesMax = counters === 0 ? 0 : head(4, counters).length + 9 * counters;
  const columns = columnTexts(shape);
  const ticks = shape.time === "column";
  const plain = isPlain(shape);
  const set = (ticks ? ["tick"] : []).concat(columns.map(({ value }) => value));
  return lines([
    `/** Rows of ${shape.columns.map(({ quantity, exponent }) => `${quantity} in 10^${exponent}`).join(", ")}: ${width} bits each. */`,
    `function ${name}(rowsMax: number): BoardWriter {`,
    "  // What a row looks up comes first: a board finds names one by one.",
    "  let due = NaN; // the next row, where nothing is late",
    "  let at = 0; // elements in the body",
    `  const end = rowsMax * ${length};`,
    "  let put: (values: readonly number[], at: number) => void;",
    "  let step = 0;",
    `  const bytes = new Uint8Array(${headMax + basesMax} + end * ${width / 8});`,
    `  const body = new Int${width}Array(bytes.buffer, ${headMax}, end);`,
    "  put = body.set.bind(body);",
    "  const view = new DataView(bytes.buffer);",
    "  let time = 0;",
    "  let synced = false;",
    "  // What the head in the bytes was made for, and the message behind it.",
    "  let headAt = 0;",
    "  let headStep = 0;",
    "  let headSynced = false;",
    "  let headFrom = 0; // between these two the head's time has the same first bytes",
    "  let headTo = 0;",
    "  let low = 0; // where the last four bytes of its time are",
    "  let message = bytes;",
    ticks ? "  let last = 0;" : "",
    ...columns.map(({ base }) => base),
    "  return {",
    "    get rows() {",
    `      return at / ${length};`,
    "    },",
    "    begin(start) {",
    "      at = 0;",
    "      time = start.time;",
    "      step = start.step;",
    '      synced = start.timeQuality === "synced";',
    ticks ? "      last = 0;" : "",
    "      due = time;",
    ...columns.map(({ reset }) => reset),
    "    },",
    plain ? quickText(shape, sure) : "    quick: () => 0,",
    "    add(when, values) {",
    '      if (at === end) return "full";',
    ticks ? tickCheck(widthMost(width)) : intervalCheck(length),
    ...columns.map(({ check }) => check),
    ...columns.map(({ commit }) => commit),
    ticks ? "      last = tick;" : "",
    `      put([${set.join(", ")}], at);`,
    `      at += ${length};`,
    ticks ? "" : `      due = time + (at / ${length}) * step;`,
    '      return "added";',
    "    },",
    "    flush() {",
    "      if (at === headAt && step === headStep && synced === headSynced && time >= headFrom && time < headTo) {",
    "        view.setUint32(low, time);",
    "      } else {",
    `        const before = ${byteLiteral(packHead(id, counters))} + (synced ? "" : "\\x82\\x01") + head(0, time);`,
    `        const text = before + head(0, step) + ${byteLiteral(head(6, typedArrayTag(width)))} + head(2, at * ${width / 8});`,
    `        const from = ${headMax} - text.length;`,
    "        bytes.set(bytesOf(text), from);",
    "        low = from + before.length - 4;",
    `        message = bytes.subarray(from, ${headMax} + at * ${width / 8});`,
    "        headAt = at;",
    "        headStep = step;",
    "        headSynced = synced;",
    "        headFrom = time > 65535 ? Math.max(65536, time - (time % 4294967296)) : NaN;",
    "        headTo = headFrom - (headFrom % 4294967296) + 4294967296;",
    "      }",
    counters > 0 ? basesText(columns, counters) : "",
    "      at = 0;",
    "      due = NaN;",
    `      return ${counters > 0 ? "whole" : "message"};`,
    "    },",
    "  };",
    "}",
  ]);
}

/** Whether its rows are nothing but their values, at even intervals. */
function isPlain(shape: Shape): boolean {
  return shape.time === "interval" && counterCount(shape) === 0;
}

/** The usual row, in as few steps as there can be: it comes when it is due, there is room, and its values are there and in range. */
function quickText(shape: Shape, sure: Bounds | null): string {
  const checks = shape.columns.flatMap((_, i) => {
    const [least, most] = boundsOf(shape)[i];
    const [surelyLeast, surelyMost] = sure === null ? [-Infinity, Infinity] : sure[i];
    return [
      ...(surelyLeast >= least ? [] : [`(values[${i}] as number) >= ${least}`]),
      ...(surelyMost <= most ? [] : [`(values[${i}] as number) <= ${most}`]),
    ];
  });
  const all = ["when === due", "at < end", ...(sure === null ? ["!values.includes(null)"] : []), ...checks];
  return `    quick: (when, values) =>
      ${all.join(" && ")}
        ? (put(values as number[], at), (due += step), (at += ${rowLength(shape)}))
        : 0,`;
}

/** The beginning of a pack's message. */
export function packHead(id: string, counters: number): string {
  const bytes = fromHex(id) ?? new Uint8Array(shapeIdLength);
  return (
    head(4, counters > 0 ? 6 : 5) +
    head(0, packMessage) +
    head(2, shapeIdLength) +
    String.fromCharCode(...bytes)
  );
}

/** Half a step early or late is another row's time. */
function intervalCheck(length: number): string {
  return `      const late = 2 * (when - time - (at / ${length}) * step);
      if (!(late > -step && late < step)) return "full";`;
}

function tickCheck(most: number): string {
  return `      const tick = Math.floor((when - time) / step + 0.5);
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
    "      const to = message.byteOffset + message.length;",
    "      bytes.set(bases, to);",
    "      const whole = bytes.subarray(message.byteOffset, to + bases.length);",
  ]);
}

function lines(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n");
}

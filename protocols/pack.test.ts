import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "./bytes.ts";
import { type CborValue, decodeCbor } from "./cbor.ts";
import { fromWords, type Integer, integerText } from "./decimal.ts";
import { type Fault, isFault } from "./fault.ts";
import {
  createPackWriter,
  decodePack,
  type Pack,
  packRowsMax,
  packShapeId,
  rowsWithin,
  type TimeQuality,
} from "./pack.ts";
import { encoderSource } from "./pack-encoder.ts";
import { swapBytes } from "./pack-writer.ts";
import {
  inRange,
  leastAt,
  mostAt,
  type QuantityName,
  quantities,
  quantityNames,
  widthMost,
} from "./quantity.ts";
import { type Column, columnsMax, type Shape, shapeOf } from "./shape.ts";

const id = "0badcafe";
const noon = 1785578400000;

function shape(
  names: readonly QuantityName[],
  time: Shape["time"] = "interval",
  body: Shape["body"] = "rows",
): Shape {
  const columns = names.map((quantity) => ({ quantity, exponent: quantities[quantity].exponent }));
  const made = shapeOf(columns, time, body);
  if (isFault(made)) {
    throw new Error(made.detail);
  }
  return made;
}

function begun(
  of: Shape,
  settings: { rowsMax?: number; step?: number; time?: number; timeQuality?: TimeQuality } = {},
) {
  const writer = createPackWriter({ shape: of, id, rowsMax: settings.rowsMax ?? 24 });
  writer.begin({
    time: settings.time ?? noon,
    timeQuality: settings.timeQuality ?? "synced",
    step: settings.step ?? 1000,
  });
  return writer;
}

function read(message: Uint8Array, of: Shape): Pack | Fault {
  const value = decodeCbor(message);
  return isFault(value) ? value : decodePack(value, of);
}

function mustRead(message: Uint8Array, of: Shape): Pack {
  const pack = read(message, of);
  if (isFault(pack)) {
    throw new Error(`${pack.fault}: ${pack.detail}`);
  }
  return pack;
}

/** What a writer makes of a pack that was read. */
function again(pack: Pack, of: Shape, withId: string): Uint8Array {
  const writer = createPackWriter({ shape: of, id: withId, rowsMax: packRowsMax });
  writer.begin(pack);
  for (const row of pack.rows) {
    expect(writer.add(row.time, row.values)).toBe("added");
  }
  return writer.flush().slice();
}

function integer(value: bigint): Integer {
  return fromWords(Number(value >> 32n), Number(value & 0xffffffffn));
}

const anyColumn = fc
  .record({
    quantity: fc.constantFrom(...quantityNames),
    finer: fc.integer({ min: -2, max: 3 }),
    width: fc.constantFrom(8 as const, 16 as const, 32 as const),
  })
  .map(
    ({ quantity, finer, width }): Column => ({
      quantity,
      exponent: quantities[quantity].exponent - finer,
      width,
    }),
  );

const anyShape = fc
  .record({
    columns: fc.uniqueArray(anyColumn, { minLength: 1, maxLength: 8, selector: (column) => column.quantity }),
    time: fc.constantFrom("interval" as const, "column" as const),
    body: fc.constantFrom("rows" as const, "compact" as const),
  })
  .map(({ columns, time, body }): Shape => {
    const shared = columns.map((column) => ({ ...column, width: columns[0]!.width }));
    return { columns: body === "rows" ? shared : columns, time, body };
  });

/** A value that the column takes: near the ends of its range, near zero, or anywhere; a counter up to 64 bits. */
function columnValue(column: Column): fc.Arbitrary<Integer | null> {
  const quantity = quantities[column.quantity];
  if (quantity.counter) {
    const counters = fc.oneof(
      fc.bigInt({ min: 0n, max: 300n }),
      fc.bigInt({ min: 2n ** 53n - 100n, max: 2n ** 53n + 100n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    );
    const fitting = counters.map(integer).filter((value) => inRange(quantity, value, column.exponent));
    return fc.option(fitting, { freq: 4 });
  }
  const most = widthMost(column.width);
  const least = Math.max(leastAt(quantity, column.exponent), -most);
  const greatest = Math.min(mostAt(quantity, column.exponent), most);
  if (least > greatest) {
    return fc.constant(null);
  }
  return fc.option(
    fc.oneof(
      fc.integer({ min: least, max: greatest }),
      fc.integer({ min: least, max: Math.min(greatest, least + 5) }),
      fc.integer({ min: Math.max(least, greatest - 5), max: greatest }),
    ),
    { freq: 4 },
  );
}

const anyTable = anyShape.chain((of) =>
  fc.record({
    shape: fc.constant(of),
    step: fc.constantFrom(1, 250, 1000, 60000, 604800000),
    timeQuality: fc.constantFrom<TimeQuality[]>("synced", "relative", "unknown"),
    rows: fc.array(fc.tuple(...of.columns.map(columnValue)), { minLength: 1, maxLength: 30 }),
    skips: fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 30, maxLength: 30 }),
  }),
);

describe("a pack", () => {
  it("gives back every row as it was put in, whatever the shape, over as many packs as it takes", () => {
    fc.assert(
      fc.property(anyTable, ({ shape: of, step, timeQuality, rows, skips }) => {
        const writer = begun(of, { step, timeQuality, rowsMax: 20 });
        const messages: Uint8Array[] = [];
        const times: number[] = [];
        let time = noon;
        rows.forEach((values, i) => {
          time += of.time === "column" ? skips[i]! * step : step;
          times.push(time);
          let added = writer.add(time, values);
          if (added === "full") {
            messages.push(writer.flush().slice());
            writer.begin({ time, timeQuality, step });
            added = writer.add(time, values);
          }
          expect(added).toBe("added");
        });
        messages.push(writer.flush().slice());
        const packs = messages.map((message) => mustRead(message, of));
        expect(packs.flatMap((pack) => pack.rows.map((row) => row.values))).toEqual(rows);
        expect(packs.flatMap((pack) => pack.rows.map((row) => row.time))).toEqual(times);
        expect(new Set(packs.map((pack) => pack.timeQuality))).toEqual(new Set([timeQuality]));
        packs.forEach((pack, i) => {
          expect(toHex(again(pack, of, id))).toBe(toHex(messages[i]!));
        });
      }),
      { numRuns: 400 },
    );
  });

  it("names its shape without being read", () => {
    const of = shape(["temperature"]);
    const writer = begun(of);
    writer.add(noon, [2000]);
    const value = decodeCbor(writer.flush());
    expect(packShapeId(value as CborValue)).toBe(id);
    expect(packShapeId([2, new Uint8Array(4)])).toMatchObject({ fault: "syntax" });
    expect(packShapeId([1, new Uint8Array(5)])).toMatchObject({ fault: "syntax" });
    expect(packShapeId("pack")).toMatchObject({ fault: "syntax" });
  });

  it("keeps its body at a multiple of four bytes, so that a typed array lies over it", () => {
    const of = shape(["temperature", "activePower"]);
    const writer = begun(of);
    writer.add(noon, [2000, 5]);
    const message = writer.flush();
    const start = message.byteOffset + message.length - 8;
    expect(start % 4).toBe(0);
    expect([...new Int32Array(message.buffer, start, 2)]).toEqual([2000, 5]);
  });
});

describe("nothing unchecked goes into a pack:", () => {
  it.each(quantityNames)("%s one step outside its range is refused, at its ends it is taken", (name) => {
    const quantity = quantities[name];
    for (const body of ["rows", "compact"] as const) {
      const writer = begun(shape([name], "interval", body));
      const ends = [quantity.least, quantity.most];
      for (const outside of [quantity.least - 1, integer(BigInt(quantity.most) + 1n)]) {
        expect(writer.add(noon, [outside])).toBe("range");
      }
      expect(writer.rows).toBe(0);
      for (const end of ends) {
        writer.begin({ time: noon, timeQuality: "synced", step: 1000 });
        expect(writer.add(noon, [end])).toBe("added");
        expect(mustRead(writer.flush(), writer.shape).rows[0]?.values).toEqual([end]);
      }
    }
  });

  it("what is no integer is refused", () => {
    const writer = begun(shape(["temperature", "activeEnergyImported"]));
    const numbers = [1.5, Number.NaN, Number.POSITIVE_INFINITY, -1e300, undefined, "7"];
    for (const wrong of numbers as Integer[]) {
      expect(writer.add(noon, [wrong, 0]), String(wrong)).toBe("range");
      expect(writer.add(noon, [0, wrong]), String(wrong)).toBe("range");
    }
    expect(writer.rows).toBe(0);
    expect(writer.flush()).toHaveLength(0);
  });

  it("what does not fit the column's width is refused, also within the quantity's range", () => {
    const of: Shape = {
      columns: [{ quantity: "temperature", exponent: -2, width: 8 }],
      time: "interval",
      body: "rows",
    };
    const writer = begun(of);
    expect(writer.add(noon, [128])).toBe("range");
    expect(writer.add(noon, [-128])).toBe("range");
    expect(writer.add(noon, [-127])).toBe("added");
    expect(mustRead(writer.flush(), of).rows[0]?.values).toEqual([-127]);
  });

  it("a refused row leaves no trace, and comes again with null", () => {
    const of = shape(["activeEnergyImported", "temperature"]);
    const writer = begun(of);
    expect(writer.add(noon, [5000, 99999])).toBe("range");
    expect(writer.add(noon, [7000, null])).toBe("added");
    expect(writer.add(noon + 1000, [null, 2100])).toBe("added");
    expect(mustRead(writer.flush(), of).rows.map((row) => row.values)).toEqual([
      [7000, null],
      [null, 2100],
    ]);
  });

  it("a time that is none is refused", () => {
    const writer = begun(shape(["temperature"]));
    for (const time of [Number.NaN, -1, 2 ** 48]) {
      expect(writer.add(time, [0])).toBe("range");
    }
    writer.begin({ time: noon, timeQuality: "synced", step: 0 });
    expect(writer.add(noon, [0])).toBe("range");
    const fresh = createPackWriter({ shape: shape(["temperature"]), id, rowsMax: 2 });
    expect(fresh.add(noon, [0])).toBe("range");
  });
});

describe("a counter", () => {
  const of = shape(["activeEnergyImported"]);

  it("travels as a base and differences, closing the pack exactly where one does not fit 32 bits", () => {
    const writer = begun(of);
    expect(writer.add(noon, [3_000_000_000])).toBe("added");
    expect(writer.add(noon + 1000, [3_000_000_000 + 2147483648])).toBe("full");
    expect(writer.add(noon + 1000, [3_000_000_000 + 2147483647])).toBe("added");
    expect(writer.add(noon + 2000, [3_000_000_000 - 2147483648])).toBe("full");
    expect(writer.add(noon + 2000, [3_000_000_000 - 2147483647])).toBe("added");
    expect(mustRead(writer.flush(), of).rows.map((row) => row.values[0])).toEqual([
      3_000_000_000, 5_147_483_647, 852_516_353,
    ]);
  });

  it("of 64 bits keeps every digit", () => {
    const finer: Shape = {
      columns: [{ quantity: "activeEnergyImported", exponent: -4, width: 32 }],
      time: "interval",
      body: "rows",
    };
    const values = ["9007199254740990999", "9007199254740991000", "9007199254740990998"];
    const writer = begun(finer);
    for (const [i, text] of values.entries()) {
      expect(writer.add(noon + i * 1000, [integer(BigInt(text))])).toBe("added");
    }
    expect(writer.add(noon + 3000, [integer(9007199254740991001n)])).toBe("range");
    expect(writer.add(noon + 3000, [5])).toBe("full");
    const read = mustRead(writer.flush(), finer).rows.map((row) => integerText(row.values[0] ?? 0));
    expect(read).toEqual(values);
  });

  it("of another pack does not become the base of this one", () => {
    const writer = begun(of);
    writer.add(noon, [1000]);
    writer.flush();
    writer.begin({ time: noon, timeQuality: "synced", step: 1000 });
    expect(writer.add(noon, [9_000_000_000_000])).toBe("added");
    expect(mustRead(writer.flush(), of).rows[0]?.values).toEqual([9_000_000_000_000]);
  });

  it("that never has a value is missing in every row", () => {
    const writer = begun(of);
    writer.add(noon, [null]);
    writer.add(noon + 1000, [null]);
    expect(mustRead(writer.flush(), of).rows.map((row) => row.values)).toEqual([[null], [null]]);
  });

  it("is not believed when its base is not its first value", () => {
    const body = (...differences: number[]) => ({
      tag: 78,
      value: new Uint8Array(new Int32Array(differences).buffer),
    });
    const pack = (bases: CborValue, ...differences: number[]) =>
      decodePack([1, new Uint8Array(4), noon, 1000, body(...differences), bases], of);
    expect(pack([5], 0, 3)).toMatchObject({ rows: [{ values: [5] }, { values: [8] }] });
    expect(pack([5], 1, 3)).toMatchObject({ fault: "syntax" });
    expect(pack([5], -2147483648)).toMatchObject({ fault: "syntax" });
    expect(pack([], 0)).toMatchObject({ fault: "syntax" });
    expect(pack([5, 6], 0)).toMatchObject({ fault: "syntax" });
    expect(pack(["5"], 0)).toMatchObject({ fault: "syntax" });
    expect(pack([{ high: -4294967296, low: 0 }], 0)).toMatchObject({ fault: "syntax" });
    expect(pack([{ high: 4294967295, low: 4294967295 }], 0)).toMatchObject({ fault: "range" });
    expect(pack([0], 0, -1)).toMatchObject({ fault: "range" });
  });
});

describe("the time of a row", () => {
  it("at an interval may be less than half a step off; half a step closes the pack", () => {
    const of = shape(["temperature"]);
    const writer = begun(of, { step: 1000 });
    expect(writer.add(noon + 499, [1])).toBe("added");
    expect(writer.add(noon + 501, [2])).toBe("added");
    expect(writer.add(noon + 2500, [3])).toBe("full");
    expect(writer.add(noon + 1500, [3])).toBe("full");
    expect(writer.add(noon + 2499, [3])).toBe("added");
    expect(mustRead(writer.flush(), of).rows.map((row) => row.time - noon)).toEqual([0, 1000, 2000]);
  });

  it("in a column counts ticks of the step, and closes the pack when they do not fit or run backwards", () => {
    const of = shape(["occupied"], "column");
    const writer = begun(of, { step: 1000 });
    expect(writer.add(noon, [1])).toBe("added");
    expect(writer.add(noon + 126_400, [0])).toBe("added");
    expect(writer.add(noon + 125_000, [0])).toBe("full");
    expect(writer.add(noon + 127_500, [1])).toBe("full");
    expect(writer.add(noon + 127_499, [1])).toBe("added");
    expect(mustRead(writer.flush(), of).rows.map((row) => row.time - noon)).toEqual([0, 126_000, 127_000]);
  });

  it("of the first row is the pack's own where the row comes later than announced: an empty pack is never full", () => {
    for (const time of ["interval", "column"] as const) {
      const of = shape(["occupied"], time);
      const writer = begun(of, { step: 1000 });
      expect(writer.add(noon + 7_000_000_123, [1])).toBe("added");
      expect(mustRead(writer.flush(), of).rows[0]?.time).toBe(noon + 7_000_000_123);
    }
  });

  it("keeps its quality", () => {
    const of = shape(["occupied"]);
    for (const timeQuality of ["synced", "relative", "unknown"] as const) {
      const writer = begun(of, { time: 5000, timeQuality });
      writer.add(5000, [1]);
      expect(mustRead(writer.flush(), of)).toMatchObject({ timeQuality, time: 5000, step: 1000 });
    }
  });
});

describe("a pack is bounded:", () => {
  it("the writer says full at rowsMax", () => {
    const writer = begun(shape(["occupied"]), { rowsMax: 2 });
    expect(writer.add(noon, [1])).toBe("added");
    expect(writer.add(noon + 1000, [1])).toBe("added");
    expect(writer.add(noon + 2000, [1])).toBe("full");
    expect(writer.rows).toBe(2);
  });

  it("the reader takes 1 to 1024 rows", () => {
    const of = shape(["occupied"]);
    const pack = (rows: number) =>
      decodePack([1, new Uint8Array(4), noon, 1000, { tag: 72, value: new Uint8Array(rows) }], of);
    expect(pack(0)).toMatchObject({ fault: "limit" });
    expect(pack(packRowsMax)).toMatchObject({ timeQuality: "synced" });
    expect(pack(packRowsMax + 1)).toMatchObject({ fault: "limit" });
  });

  it("no message of rowsWithin rows is longer than was asked for, and a row more could be", () => {
    const widest = quantityNames.slice(0, columnsMax);
    for (const body of ["rows", "compact"] as const) {
      for (const of of [shape(widest, "column", body), shape(["temperature"], "interval", body)]) {
        const rowsMax = rowsWithin(of, 4079);
        const writer = begun(of, { rowsMax, time: noon });
        for (let row = 0; row < rowsMax; row++) {
          const values = of.columns.map(({ quantity }) =>
            quantities[quantity].counter
              ? 2 ** 52
              : row % 2 === 0
                ? quantities[quantity].least
                : quantities[quantity].most,
          );
          expect(writer.add(noon + row * 1000, values)).toBe("added");
        }
        expect(writer.flush().length).toBeLessThanOrEqual(4079);
        expect(rowsMax).toBeGreaterThan(body === "rows" ? 28 : 20);
      }
    }
    expect(rowsWithin(shape(widest), 100)).toBe(0);
  });

  it("rows of another length, another width or no typed array at all are refused", () => {
    const of = shape(["temperature", "relativeHumidity"]);
    const pack = (body: CborValue) => decodePack([1, new Uint8Array(4), noon, 1000, body], of);
    expect(isFault(pack({ tag: 77, value: new Uint8Array(8) }))).toBe(false);
    expect(pack({ tag: 77, value: new Uint8Array(6) })).toMatchObject({ fault: "limit" });
    expect(pack({ tag: 78, value: new Uint8Array(8) })).toMatchObject({ fault: "syntax" });
    expect(pack({ tag: 77, value: "rows" })).toMatchObject({ fault: "syntax" });
    expect(pack(new Uint8Array(8))).toMatchObject({ fault: "syntax" });
  });

  it("the bytes of a typed array go out as little-endian on a host of the other order, too", () => {
    const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    swapBytes(bytes, 8);
    expect(toHex(bytes)).toBe("0102030405060708");
    swapBytes(bytes, 16);
    expect(toHex(bytes)).toBe("0201040306050807");
    swapBytes(bytes, 32);
    expect(toHex(bytes)).toBe("0304010207080506");
  });
});

describe("a damaged pack", () => {
  const examples = (["rows", "compact"] as const).flatMap((body) =>
    (["interval", "column"] as const).map((time) => {
      const of = shape(["temperature", "activeEnergyImported", "occupied"], time, body);
      const writer = begun(of, { timeQuality: time === "column" ? "relative" : "synced" });
      [
        [2150, 123456, 1],
        [null, 123470, 0],
        [-30, null, null],
        [2149, 123999, 1],
      ].forEach((values, i) => {
        expect(writer.add(noon + i * 1000, values)).toBe("added");
      });
      return { name: `${body}, time by ${time}`, shape: of, message: writer.flush().slice() };
    }),
  );

  /** Either refused, or a pack that a writer makes of the very same bytes. */
  function refusedOrSame(message: Uint8Array, of: Shape): void {
    const value = decodeCbor(message);
    if (isFault(value)) {
      return;
    }
    const pack = decodePack(value, of);
    const withId = packShapeId(value);
    if (!isFault(pack) && !isFault(withId)) {
      expect(toHex(again(pack, of, withId))).toBe(toHex(message));
    }
  }

  it.each(examples)("is refused when any of it is missing ($name)", ({ shape: of, message }) => {
    for (let length = 0; length < message.length; length++) {
      expect(isFault(read(message.subarray(0, length), of)), `${length} bytes`).toBe(true);
    }
  });

  it.each(examples)("is refused, or another pack of one encoding, whichever bits flip ($name)", (example) => {
    for (let bit = 0; bit < 8 * example.message.length; bit++) {
      const damaged = example.message.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      refusedOrSame(damaged, example.shape);
    }
  });

  it("is refused, or another pack of one encoding, when its body is random bytes", () => {
    fc.assert(
      fc.property(fc.constantFrom(...examples), fc.uint8Array({ maxLength: 60 }), (example, body) => {
        const value = decodeCbor(example.message) as CborValue[];
        const replaced = value.map((item, i) =>
          i === 4 ? (example.shape.body === "rows" ? { tag: 78, value: body } : body) : item,
        );
        const pack = decodePack(replaced, example.shape);
        if (!isFault(pack)) {
          const writtenBody = (decodeCbor(again(pack, example.shape, id)) as CborValue[])[4];
          expect(writtenBody).toEqual(replaced[4]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("is refused whatever it is made of", () => {
    const of = shape(["temperature"]);
    const good: CborValue[] = [1, new Uint8Array(4), noon, 1000, { tag: 77, value: new Uint8Array(2) }];
    expect(isFault(decodePack(good, of))).toBe(false);
    const wrong: [number, CborValue][] = [
      [0, 2],
      [1, "0000"],
      [2, -1],
      [2, 2 ** 48],
      [2, [0, 5]],
      [2, [3, 5]],
      [2, [1]],
      [2, [1, 2 ** 48]],
      [3, 0],
      [3, 604800001],
      [3, { float: 1000 }],
      [4, null],
    ];
    for (const [at, value] of wrong) {
      const pack = decodePack(
        good.map((item, i) => (i === at ? value : item)),
        of,
      );
      expect(isFault(pack), `${at}: ${JSON.stringify(value)}`).toBe(true);
    }
    expect(isFault(decodePack([...good, [0]], of))).toBe(true);
    expect(isFault(decodePack(good.slice(0, 4), of))).toBe(true);
  });
});

describe("the encoder of a shape", () => {
  it("is text of its own, with every bound in it", () => {
    expect(encoderSource(shape(["temperature", "activeEnergyImported"], "column"))).toMatchInlineSnapshot(`
      "return function (time, values) {
        var row = pack.rows;
        if (row === pack.rowsMax) return "full";
        if (row === 0 && !pack.start(time)) return "range";
        var tick = Math.floor((time - pack.time) / pack.step + 0.5);
        if (!(tick >= pack.tick && tick <= 2147483647)) return "full";
        var v0 = values[0]; // temperature, 10^-2 Cel
        if (v0 === null) v0 = -2147483648;
        else if ((v0 | 0) !== v0 || v0 < -6000 || v0 > 15000) return "range";
        var v1 = values[1]; // activeEnergyImported, 10^-1 Wh
        if (v1 !== null && !(v1 >= 0 && v1 <= 9007199254740991 && Math.floor(v1) === v1) && !isWide(1, v1)) return "range";
        var d1 = v1 === null ? -2147483648 : change(v1, pack.bases[0]);
        if (v1 !== null && !(d1 >= -2147483647 && d1 <= 2147483647)) return "full";
        if (pack.bases[0] === null) pack.bases[0] = v1;
        pack.tick = tick;
        pack.body.set([tick, v0, d1], row * 3);
        pack.rows = row + 1;
        return "added";
      };"
    `);
  });

  it("runs as well when a build has compiled it", () => {
    const of = shape(["temperature"]);
    const compiled = new Function("pack", "isWide", "change", encoderSource(of)) as never;
    const writer = createPackWriter({ shape: of, id, rowsMax: 2, encoder: compiled });
    writer.begin({ time: noon, timeQuality: "synced", step: 1000 });
    expect([writer.add(noon, [5]), writer.add(noon + 1000, [15001])]).toEqual(["added", "range"]);
  });
});

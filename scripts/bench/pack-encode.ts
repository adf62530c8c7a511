import { Encoder } from "cbor-x";
import type { Bench } from "./bench.ts";
import { rate } from "./rate.ts";
import { airObjects, airWriter, writeAir } from "./street-air.ts";

const packsPerPass = 100;

/** Rows of street-air into finished packs of 24: every value's range, every row's time and the flush are in the figure. */
export const packEncode: Bench = {
  name: "pack-encode",
  unit: "rows/s",
  peer: "JSON.stringify",
  prepare: async () => {
    const rows = airWriter("rows");
    const compact = airWriter("compact");
    const cborX = new Encoder({ useRecords: false });
    return {
      ours: async () => rate(() => packs(() => writeAir(rows))),
      theirs: async () => rate(() => packs(() => eachObject(JSON.stringify))),
      extra: () => ({
        compact: Math.round(rate(() => packs(() => writeAir(compact)))),
        "cbor-x": Math.round(rate(() => packs(() => eachObject((row) => cborX.encode(row))))),
      }),
    };
  },
};

/** Returns the rows of that many packs, once they are written. */
function packs(write: () => number): number {
  let length = 0;
  for (let i = 0; i < packsPerPass; i++) {
    length += write();
  }
  return length > 0 ? packsPerPass * airObjects.length : 0;
}

function eachObject(encode: (row: Record<string, number>) => { length: number }): number {
  let length = 0;
  for (let i = 0; i < airObjects.length; i++) {
    length += encode(airObjects[i]).length;
  }
  return length;
}

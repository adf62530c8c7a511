import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { isFault } from "../../protocols/fault.ts";
import { shapeId, shapeOf } from "../../protocols/shape.ts";
import {
  streetAirColumns,
  streetAirRows,
  streetAirStep,
  streetAirTime,
} from "../../protocols/vectors/street-air.ts";
import { packText } from "../board-build/pack-text.ts";
import { rangeText } from "../board-build/range-text.ts";
import type { Bench } from "./bench.ts";
import { InterpreterCost } from "./interpreter-cost.ts";
import { airObjects } from "./street-air.ts";

/** The writer that `hasen build` puts into a bundle, the street's rows, and the same rows as objects. */
function program(): string {
  const shape = shapeOf(streetAirColumns, "interval", "rows");
  if (isFault(shape)) {
    throw new Error(shape.detail);
  }
  return `
    import { bytesOf, head } from "../../protocols/cbor-small.ts";
    import type { PackWriter } from "../../protocols/pack.ts";
    ${packText("createPack", shape, shapeId(nodeCrypto, shape))}
    const inRange = ${rangeText(shape)};
    const rows = ${JSON.stringify(streetAirRows)};
    const step = ${streetAirStep};
    const begin = (writer: PackWriter) => writer.begin({ time: ${streetAirTime}, timeQuality: "synced", step: step });
    const filled = createPack(rows.length);
    const long = createPack(200);
    begin(long);
    Object.assign(globalThis, {
      V: rows[3],
      O: ${JSON.stringify(airObjects[3])},
      T: ${streetAirTime},
      S: step,
      w: long,
      pack: () => {
        begin(filled);
        filled.add(${streetAirTime}, rows[0]);
        filled.flush();
      },
      ranges: () => rows[3].every((value, i) => inRange(null, value, i)),
    });`;
}

/**
 * Rows of street-air into the open pack, with the time, the missing values and the sealing of every 24th looked after; the ranges are the
 * sampler's check (WIRE 4), which a row of JSON needs as well.
 */
export const espruinoPack: Bench = {
  name: "espruino-pack",
  unit: "instructions/row",
  peer: "JSON.stringify on the same interpreter",
  lessIsBetter: true,
  rounds: 3,
  prepare: async () => {
    const cost = await InterpreterCost.of(program());
    if (typeof cost === "string") {
      return { unmeasured: cost };
    }
    const row = () => cost.per("w.add(T,V);T+=S") - cost.per("T+=S");
    const ours = () => row() + cost.per("pack()") / streetAirRows.length;
    const json = () => cost.per("JSON.stringify(O)");
    return {
      ours: async () => ours(),
      theirs: async () => json(),
      extra: () => ({
        unit: cost.unit,
        "times JSON.stringify": Number((ours() / json()).toFixed(2)),
        "row alone": Math.round(row()),
        "begun and sealed, by row": Math.round(ours() - row()),
        "the sampler's ranges": Math.round(cost.per("ranges()")),
      }),
      close: async () => cost.close(),
    };
  },
};

import type { Driver } from "../../firmware/driver.ts";
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
import type { Bench } from "./bench.ts";
import { InterpreterCost } from "./interpreter-cost.ts";
import { airObjects } from "./street-air.ts";

/**
 * What the arithmetic of a street's usual sensors gives at the very most, by column: a BME280 as its maker's code works it out (datasheet
 * BST-BME280-DS002 §4.2.3; the bounds are those of its table 1), and two sensors that send words of 16 bits.
 */
const stationBounds: NonNullable<Driver["bounds"]> = [
  [-4000, 8500],
  [0, 1000],
  [3000, 11000],
  [0, 65535],
  [0, 65535],
  [0, 65535],
];

/** The writers that `hasen build` puts into a bundle, the street's rows, and the same rows as objects. */
function program(): string {
  const shape = shapeOf(streetAirColumns, "interval", "rows");
  if (isFault(shape)) {
    throw new Error(shape.detail);
  }
  const id = shapeId(nodeCrypto, shape);
  return `
    import { bytesOf, head } from "../../protocols/cbor-small.ts";
    import type { BoardWriter } from "../../firmware/board.ts";
    ${packText("createPack", shape, id, stationBounds)}
    ${packText("createAsked", shape, id, null)}
    const rows = ${JSON.stringify(streetAirRows)};
    const step = ${streetAirStep};
    const begin = (writer: BoardWriter) => {
      writer.begin({ time: ${streetAirTime}, timeQuality: "synced", step: step });
      return writer.quick;
    };
    const filled = createPack(rows.length);
    Object.assign(globalThis, {
      V: rows[3],
      O: ${JSON.stringify(airObjects[3])},
      T: ${streetAirTime},
      S: step,
      row: begin(createPack(200)),
      asked: begin(createAsked(200)),
      filled: filled,
      first: begin(filled),
    });`;
}

/**
 * Rows of street-air into the open pack, with all that is asked of one: that it comes when it is due, that there is room, that no value
 * is missing, and that each is in its quantity's range where its sensor could give another (the build knows: DriverFacts.bounds); and
 * with the pack's beginning and end at every 24th. `asked`: the same where nothing is known of the sensors.
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
    const next = cost.per("T+=S");
    const row = cost.per("row(T,V);T+=S") - next;
    const asked = cost.per("asked(T,V);T+=S") - next;
    const pack = 'filled.begin({time:T,timeQuality:"synced",step:S});first(T,V);filled.flush()';
    const ends = () => (cost.per(pack) - row) / streetAirRows.length;
    const json = () => cost.per("JSON.stringify(O)");
    return {
      ours: async () => row + ends(),
      theirs: async () => json(),
      extra: () => ({
        unit: cost.unit,
        "times JSON.stringify": Number(((row + ends()) / json()).toFixed(2)),
        "row alone": Math.round(row),
        "begun and ended, by row": Math.round(ends()),
        "row with all ranges asked": Math.round(asked),
      }),
      close: async () => cost.close(),
    };
  },
};

/** What the devices of these tests say: each message follows from its number, so that whoever finds one can tell whether it is true. */
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { isFault } from "../../protocols/fault.ts";
import { encodeUp } from "../../protocols/message.ts";
import { createPackWriter } from "../../protocols/pack.ts";
import { shapeId, shapeOf, shapeValue } from "../../protocols/shape.ts";

const shape = shapeOf([{ quantity: "activePower", exponent: -2 }], "interval", "rows");
if (isFault(shape)) {
  throw new Error(shape.detail);
}
const power = shape;
const writer = createPackWriter({ shape: power, id: shapeId(nodeCrypto, power), rowsMax: 8 });

/** Rows of the message with this number: none for the shape and for ballast. */
export function rowsOf(number: number): number {
  return number === 0 || isBallast(number) ? 0 : 1 + (number % 3);
}

/** The value of a row, in 0.01 W. */
export function rowValue(number: number, row: number): number {
  return number * 10 + row;
}

/** Number 0 announces the shape; most are packs of up to three rows; every fourth is long and means nothing, so that segments fill up. */
export function messageBody(number: number): Uint8Array {
  if (number === 0) {
    return encodeUp({ type: "shape", shape: shapeValue(power) });
  }
  if (isBallast(number)) {
    return new Uint8Array(3800).fill(0xff);
  }
  writer.begin({ time: began + number * 1000, timeQuality: "synced", step: 100 });
  for (let row = 0; row < rowsOf(number); row++) {
    writer.add(began + number * 1000 + row * 100, [rowValue(number, row)]);
  }
  return writer.flush();
}

const began = 1_785_578_400_000;

function isBallast(number: number): boolean {
  return number % 4 === 2;
}

import type { DeviceEntry } from "../../gateway/registry/registry.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { deriveSession, type Session, seal } from "../../protocols/envelope.ts";
import { isFault } from "../../protocols/fault.ts";
import { createPackWriter, type PackWriter } from "../../protocols/pack.ts";
import { type Shape, shapeId, shapeOf } from "../../protocols/shape.ts";
import { streetAirColumns, streetAirRows } from "../../protocols/vectors/street-air.ts";

export const deployment = "bench";

/** One power reading a message: the least that a meter sends. */
export const powerShape = wholeShape([{ quantity: "activePower", exponent: -2 }]);
/** Six values a row. */
export const airShape = wholeShape(streetAirColumns);

/** A device as the bench plays it: its keys, and the number of its next message. */
export class Sender {
  readonly #session: Session;
  #piv = 0;

  constructor(entry: DeviceEntry, epoch = 1) {
    const { root, kid, alg } = entry;
    this.#session = deriveSession(nodeCrypto, { root, deployment, kid, epoch, alg, direction: "up" });
  }

  /** Number of its next message. */
  get piv(): number {
    return this.#piv;
  }

  /** The next message, sealed: each number once, so no frame can be made twice. */
  frame(body: Uint8Array): Uint8Array {
    return seal(this.#session, this.#piv++, body);
  }
}

/** Packs of so many power readings, a second apart; each call is another one. */
export function powerPacks(rows = 1): () => Uint8Array {
  const writer = packWriter(powerShape, rows);
  let time = 1_785_578_400_000;
  return () => {
    begin(writer, time, 1000);
    for (let row = 0; row < rows; row++) {
      add(writer, time, [41_236 + row * 7]);
      time += 1000;
    }
    return writer.flush();
  };
}

/** Packs of the first rows of street-air. */
export function airPacks(rows = streetAirRows.length): () => Uint8Array {
  const writer = packWriter(airShape, rows);
  let time = 1_785_578_400_000;
  return () => {
    begin(writer, time, 60_000);
    for (const row of streetAirRows.slice(0, rows)) {
      add(writer, time, row);
      time += 60_000;
    }
    return writer.flush();
  };
}

function packWriter(shape: Shape, rowsMax: number): PackWriter {
  return createPackWriter({ shape, id: shapeId(nodeCrypto, shape), rowsMax });
}

function begin(writer: PackWriter, time: number, step: number): void {
  writer.begin({ time, timeQuality: "synced", step });
}

function add(writer: PackWriter, time: number, row: readonly number[]): void {
  if (writer.add(time, row) !== "added") {
    throw new Error("a row that does not fit its pack");
  }
}

function wholeShape(columns: Parameters<typeof shapeOf>[0]): Shape {
  const shape = shapeOf(columns, "interval", "rows");
  if (isFault(shape)) {
    throw new Error(shape.detail);
  }
  return shape;
}

import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { isFault } from "../../protocols/fault.ts";
import { createPackWriter, type PackWriter } from "../../protocols/pack.ts";
import { type Shape, shapeId, shapeOf } from "../../protocols/shape.ts";
import {
  streetAirColumns,
  streetAirRows,
  streetAirStep,
  streetAirTime,
} from "../../protocols/vectors/street-air.ts";

/** The data set street-air as the pack writer and as its peers take it. */
export const airTimes = streetAirRows.map((_, i) => streetAirTime + i * streetAirStep);

/** One object a row, in the same integers: for JSON and CBOR the shortest form of these numbers. */
export const airObjects = streetAirRows.map((row, i): Record<string, number> => {
  const values = row.map((value, column): [string, number] => [streetAirColumns[column].quantity, value]);
  return { time: airTimes[i], ...Object.fromEntries(values) };
});

export function airWriter(body: Shape["body"]): PackWriter {
  const shape = shapeOf(streetAirColumns, "interval", body);
  if (isFault(shape)) {
    throw new Error(shape.detail);
  }
  return createPackWriter({ shape, id: shapeId(nodeCrypto, shape), rowsMax: streetAirRows.length });
}

/** Fills the writer with the 24 rows; returns the message's length in bytes. */
export function writeAir(writer: PackWriter): number {
  writer.begin({ time: streetAirTime, timeQuality: "synced", step: streetAirStep });
  for (let i = 0; i < streetAirRows.length; i++) {
    if (writer.add(airTimes[i], streetAirRows[i]) !== "added") {
      throw new Error(`row ${i} of street-air does not fit its pack`);
    }
  }
  return writer.flush().length;
}

import { Encoder } from "cbor-x";
import { decimalText } from "../../protocols/decimal.ts";
import { quantities } from "../../protocols/quantity.ts";
import { encodeSenmlCbor, encodeSenmlJson, type SenmlRecord } from "../../protocols/senml.ts";
import { streetAirColumns, streetAirRows } from "../../protocols/vectors/street-air.ts";
import type { Bench } from "./bench.ts";
import { airObjects, airTimes, airWriter, writeAir } from "./street-air.ts";

/** Bytes per row of street-air in one message of 24 rows, head and all. */
export const packBytes: Bench = {
  name: "pack-bytes",
  unit: "bytes/row",
  peer: "JSON.stringify",
  lessIsBetter: true,
  prepare: async () => {
    const rows = perRow(writeAir(airWriter("rows")));
    const json = perRow(JSON.stringify(airObjects).length);
    const records = senmlRecords();
    return {
      ours: async () => rows,
      theirs: async () => json,
      extra: () => ({
        rows,
        compact: perRow(writeAir(airWriter("compact"))),
        "cbor-x": perRow(new Encoder({ useRecords: false }).encode(airObjects).length),
        "cbor-x records": perRow(new Encoder({ useRecords: true }).encode(airObjects).length),
        "SenML JSON": perRow(encodeSenmlJson(records).length),
        "SenML CBOR": perRow(encodeSenmlCbor(records).length),
      }),
    };
  },
};

function perRow(length: number): number {
  return Math.round((length / streetAirRows.length) * 100) / 100;
}

/** As short as SenML allows: one base name, and a base time at the first record of each row. */
function senmlRecords(): SenmlRecord[] {
  return streetAirRows.flatMap((row, i) =>
    row.map((value, column): SenmlRecord => {
      const { quantity, exponent } = streetAirColumns[column];
      const base =
        column > 0
          ? {}
          : { ...(i === 0 && { bn: "urn:dev:ops:pb-air-004:" }), bt: String(airTimes[i] / 1000) };
      return { ...base, n: quantity, u: quantities[quantity].senml, v: decimalText(value, exponent) };
    }),
  );
}

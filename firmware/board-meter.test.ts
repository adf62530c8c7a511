import { describe, expect, it } from "vitest";
import { namedReader } from "./board-meter.ts";
import type { DriverColumn, DriverValues, UartReader } from "./driver.ts";

const columns: readonly DriverColumn[] = [
  { quantity: "activeEnergyImported", exponent: -1 },
  { quantity: "activePower", exponent: -2 },
];

/** What comes of a measurement in other columns. */
function read(given: readonly DriverColumn[], values: DriverValues) {
  const rows: DriverValues[] = [];
  const faults: string[] = [];
  const reader: UartReader = { push: (_bytes, _time, sink) => sink.measured(given, values) };
  namedReader(reader, columns).push(new Uint8Array(1), 0, {
    measured: (_columns, row) => rows.push(row),
    fault: (bad) => faults.push(bad.fault),
  });
  return { rows, faults };
}

describe("a meter read into named columns", () => {
  it("gives each value in its column's steps, exactly", () => {
    const given: DriverColumn[] = [
      { quantity: "activePower", exponent: 0 },
      { quantity: "activeEnergyImported", exponent: 3 },
    ];
    expect(read(given, [-17, 2941])).toEqual({ rows: [[29_410_000, -1700]], faults: [] });
  });

  it("gives nothing that would have to be cut, and tells of it", () => {
    const given: DriverColumn[] = [
      { quantity: "activeEnergyImported", exponent: -4 },
      { quantity: "activePower", exponent: -1 },
    ];
    expect(read(given, [29_416_461_000, 5])).toEqual({ rows: [[null, 50]], faults: ["unsupported"] });
  });

  it("gives missing for what the meter does not send, and no row where it sends nothing of it", () => {
    expect(read([{ quantity: "activePower", exponent: -2 }], [7])).toEqual({ rows: [[null, 7]], faults: [] });
    expect(read([{ quantity: "voltageL1", exponent: -1 }], [2305])).toEqual({
      rows: [],
      faults: ["content"],
    });
  });
});

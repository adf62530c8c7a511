import { describe, expect, it } from "vitest";
import type { DriverColumn } from "./driver.ts";
import { beyondBands, createReport, type Report } from "./report.ts";

const columns: readonly DriverColumn[] = [
  { quantity: "temperature", exponent: -2 },
  { quantity: "relativeHumidity", exponent: -1 },
];

function report(): Report {
  const deadBands = [{ quantity: "temperature", band: { integer: 2, exponent: -1 } }] as const;
  return createReport(60_000, beyondBands(deadBands));
}

describe("a report with dead bands", () => {
  it("sends the first row, and then only what moved further than its band", () => {
    const one = report();
    expect(one.worth(columns, [2100, 500], 0)).toBe(true);
    expect(one.worth(columns, [2120, 500], 1000)).toBe(false);
    expect(one.worth(columns, [2121, 500], 2000)).toBe(true);
    expect(one.worth(columns, [2101, 500], 3000)).toBe(false);
    expect(one.worth(columns, [2100, 500], 4000)).toBe(true);
  });

  it("holds a value against the last one sent, so a slow drift is seen too", () => {
    const one = report();
    const sent = Array.from({ length: 100 }, (_, i) => one.worth(columns, [2100 + i, 500], i)).filter(
      Boolean,
    );
    expect(sent).toHaveLength(5);
  });

  it("sends any move of a value without a band", () => {
    const one = report();
    one.worth(columns, [2100, 500], 0);
    expect(one.worth(columns, [2100, 501], 1000)).toBe(true);
  });

  it("sends a row at each heartbeat though nothing moved", () => {
    const one = report();
    one.worth(columns, [2100, 500], 0);
    expect(one.worth(columns, [2100, 500], 59_999)).toBe(false);
    expect(one.worth(columns, [2100, 500], 60_000)).toBe(true);
  });

  it("sends what goes missing and what comes back", () => {
    const one = report();
    one.worth(columns, [2100, 500], 0);
    expect(one.worth(columns, [null, 500], 1000)).toBe(true);
    expect(one.worth(columns, [null, 500], 2000)).toBe(false);
    expect(one.worth(columns, [2100, 500], 3000)).toBe(true);
  });

  it("begins anew when the columns change", () => {
    const one = report();
    one.worth(columns, [2100, 500], 0);
    expect(one.worth(columns.slice(), [2100, 500], 1000)).toBe(true);
  });
});

describe("a report without dead bands", () => {
  it("sends every row with a value, but a silent sensor only once and at each heartbeat", () => {
    const one = createReport(10_000, beyondBands([]));
    expect(one.worth(columns, [2100, 500], 0)).toBe(true);
    expect(one.worth(columns, [2100, 500], 1000)).toBe(true);
    expect(one.worth(columns, [null, null], 2000)).toBe(true);
    expect(one.worth(columns, [null, null], 3000)).toBe(false);
    expect(one.worth(columns, [null, null], 12_000)).toBe(true);
    expect(one.worth(columns, [2100, 500], 13_000)).toBe(true);
  });
});

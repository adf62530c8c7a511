import { difference, type Integer } from "../protocols/decimal.ts";
import type { DriverColumn, DriverValues } from "./driver.ts";
import type { DeadBand } from "./installation-type.ts";

export interface Report {
  /** Whether the row of `time` (ms, monotonic) is worth sending. If so it becomes the one later rows are held against. */
  worth(columns: readonly DriverColumn[], values: DriverValues, time: number): boolean;
}

/** Whether a value has moved further than its dead band; `i` is its column's place. */
export type Beyond = (column: DriverColumn, value: Integer, last: Integer, i: number) => boolean;

/**
 * Chooses the rows worth sending. Without dead bands (null) every row with a value is; with them a row is worth it when a value has
 * moved further than its band since the last row that was sent (values without a band: at all). A value that goes missing or comes
 * back is always worth a row; a sensor that stays silent gets one row of missing values each heartbeat (ms), never its last state.
 */
export function createReport(heartbeat: number, beyond: Beyond | null): Report {
  let lastColumns: readonly DriverColumn[] | null = null;
  let lastValues: DriverValues = [];
  let lastTime = 0;
  return {
    worth(columns, values, time) {
      const isWorth =
        columns !== lastColumns ||
        time - lastTime >= heartbeat ||
        values.some((value, i) => {
          const last = lastValues[i];
          if (beyond === null) {
            return value !== null || last !== null;
          }
          return value === null || last === null ? value !== last : beyond(columns[i], value, last, i);
        });
      if (isWorth) {
        lastColumns = columns;
        lastValues = values;
        lastTime = time;
      }
      return isWorth;
    },
  };
}

/** The dead bands of an installation; null for none. */
export function beyondBands(deadBands: readonly DeadBand[]): Beyond | null {
  return deadBands.length === 0
    ? null
    : (column, value, last) => {
        const moved = difference(value, last);
        return moved === null || Math.abs(moved) > bandOf(deadBands, column);
      };
}

/** The band of a column in its own steps. */
export function bandOf(deadBands: readonly DeadBand[], column: DriverColumn): number {
  const row = deadBands.find((candidate) => candidate.quantity === column.quantity);
  if (row === undefined || typeof row.band.integer !== "number") {
    return 0;
  }
  return row.band.integer * Math.pow(10, row.band.exponent - column.exponent);
}

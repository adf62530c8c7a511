import { difference, type Integer } from "../protocols/decimal.ts";
import type { DriverColumn, DriverValues } from "./driver.ts";
import type { DeadBand } from "./installation-type.ts";

/** What decides whether a row is worth sending. */
export interface ReportSettings {
  readonly deadBands: readonly DeadBand[];
  /** ms; at least one row this often. */
  readonly heartbeat: number;
}

/**
 * Chooses the rows worth sending. Without dead bands every row with a value is; with them a row is worth it when a value has moved
 * further than its band since the last row that was sent (values without a band: at all). A value that goes missing or comes back
 * is always worth a row; a sensor that stays silent gets one row of missing values each heartbeat, never its last state.
 */
export class Report {
  settings: ReportSettings;
  lastColumns: readonly DriverColumn[] | null = null;
  lastValues: DriverValues = [];
  lastTime = 0;

  constructor(settings: ReportSettings) {
    this.settings = settings;
  }

  /** Whether rows can be left out, so that a pack needs a time for each. */
  get selective(): boolean {
    return this.settings.deadBands.length > 0;
  }

  /** Whether the row of `time` (ms, monotonic) is worth sending. If so it becomes the one later rows are held against. */
  worth(columns: readonly DriverColumn[], values: DriverValues, time: number): boolean {
    const due = this.lastColumns !== columns || time - this.lastTime >= this.settings.heartbeat;
    if (!due && !this.moved(columns, values)) {
      return false;
    }
    this.lastColumns = columns;
    this.lastValues = values;
    this.lastTime = time;
    return true;
  }

  moved(columns: readonly DriverColumn[], values: DriverValues): boolean {
    let missing = 0;
    for (let i = 0; i < columns.length; i++) {
      const value = values[i];
      const last = this.lastValues[i];
      if (value === null || last === null) {
        if (value !== last) {
          return true;
        }
        missing++;
      } else if (this.selective && isBeyond(value, last, this.bandOf(columns[i]))) {
        return true;
      }
    }
    return !this.selective && missing < columns.length;
  }

  /** The band of a column in its own steps. */
  bandOf(column: DriverColumn): number {
    const row = this.settings.deadBands.find((candidate) => candidate.quantity === column.quantity);
    if (row === undefined || typeof row.band.integer !== "number") {
      return 0;
    }
    return row.band.integer * Math.pow(10, row.band.exponent - column.exponent);
  }
}

function isBeyond(value: Integer, last: Integer, band: number): boolean {
  const moved = difference(value, last);
  return moved === null || Math.abs(moved) > band;
}

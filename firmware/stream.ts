import type { Integer } from "../protocols/decimal.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import type { PackWriter, TimeQuality } from "../protocols/pack.ts";
import type { DriverColumn, DriverValues } from "./driver.ts";
import type { Batch } from "./installation-type.ts";
import type { Report } from "./report.ts";
import type { Row, Sampler } from "./sampler.ts";

/** What a stream asks of the node it belongs to. */
export interface StreamHost {
  /** Unix ms minus monotonic ms, and how far that is to be trusted. Zero where only the time since boot is known. */
  timeBase(now: number): { readonly offset: number; readonly quality: TimeQuality };
  /**
   * Puts a row that nothing is wrong with into the open pack: its time (ms, of the pack's quality) is the next one, all values are there and
   * in range. 0 where any of this is not so: then it is looked at piece by piece.
   */
  quick(time: number, values: DriverValues): number;
  /** Whether a value lies within what its quantity can be; `i` is its column's place. */
  inRange(column: DriverColumn, value: Integer, i: number): boolean;
  /** A writer of packs for rows of these columns, or the Fault for which they may not be sent. */
  writer(columns: readonly DriverColumn[]): PackWriter | Fault;
  /** Seals the message of a pack. */
  seal(message: Uint8Array, rows: number): void;
  /** A row was taken that is worth sending. */
  produced(row: Row): void;
  /** Rows were lost before they were sealed. */
  lost(rows: number): void;
  onFault(fault: Fault): void;
}

export interface Stream {
  /** Does what is due; returns ms until it wants to be called again. */
  tick(now: number): number;
  /** Seals the open pack, if there is one. */
  flush(): void;
  /** Another interval for its rows. */
  change(interval: number, now: number): void;
}

/** One sensor's way into packs: rows worth sending go into the open pack, which is sealed when it is full or old enough. */
export function createStream(sampler: Sampler, report: Report, batch: Batch, host: StreamHost): Stream {
  let columns: readonly DriverColumn[] | null = null;
  let writer: PackWriter;
  /** Unix ms minus monotonic ms while a pack is open: a clock that jumps moves no row within it. */
  let offset = 0;
  /** When the open pack's first row came, ms, monotonic. */
  let opened = 0;

  function rows(): number {
    return columns === null ? 0 : writer.rows;
  }

  function flush(): void {
    const count = rows();
    if (count > 0) {
      host.seal(writer.flush(), count);
    }
  }

  function lose(why: Fault): void {
    host.onFault(why);
    host.lost(1);
  }

  /** Makes room for rows of other columns; the Fault for which there is none. */
  function prepare(row: Row): Fault | null {
    flush();
    const made = host.writer(row.columns);
    if (isFault(made)) {
      return made;
    }
    writer = made;
    columns = row.columns;
    return null;
  }

  function begin(row: Row, now: number): void {
    const base = host.timeBase(now);
    flush();
    offset = base.offset;
    opened = now;
    writer.begin({ time: row.time + offset, timeQuality: base.quality, step: sampler.interval });
  }

  /** What is outside its quantity's range is missing, and a fault: no typed array would notice. */
  function checked(row: Row): Row {
    const values = row.values.map((value, i) => {
      const column = row.columns[i];
      if (value === null || host.inRange(column, value, i)) {
        return value;
      }
      host.onFault(fault("range", column.quantity + " beyond what there is"));
      return null;
    });
    return { columns: row.columns, values: values, heard: row.heard, time: row.time };
  }

  /** A row into a pack, if it is worth sending. One without anything missing always is. */
  function take(row: Row, now: number): void {
    const isIn = row.heard && host.quick(row.time + offset, row.values) > 0;
    const kept = isIn ? row : checked(row);
    if (report.worth(kept.columns, kept.values, kept.time)) {
      host.produced(kept);
      if (!isIn) {
        add(kept, now);
      }
      if (rows() >= batch.rows) {
        flush();
      }
    }
  }

  function add(row: Row, now: number): void {
    const refused = columns === row.columns ? null : prepare(row);
    if (refused !== null) {
      lose(refused);
      return;
    }
    let added = rows() === 0 ? "full" : writer.add(row.time + offset, row.values);
    if (added === "full") {
      begin(row, now);
      added = writer.add(row.time + offset, row.values);
    }
    if (added !== "added") {
      lose(fault("range", "a row that no pack takes"));
    }
  }

  return {
    tick(now) {
      const base = host.timeBase(now);
      if (rows() === 0 && base.quality === "synced") {
        sampler.align(base.offset, now);
      }
      const row = sampler.take(now);
      if (row !== null) {
        take(row, now);
      }
      if (rows() > 0 && now - opened >= batch.delay) {
        flush();
      }
      return Math.min(sampler.wait(now), rows() > 0 ? batch.delay - (now - opened) : Infinity);
    },
    flush: flush,
    change: sampler.change,
  };
}

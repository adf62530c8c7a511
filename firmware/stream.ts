import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { createPackWriter, type PackWriter, packRowsMax, type TimeQuality } from "../protocols/pack.ts";
import { type Shape, shapeOf } from "../protocols/shape.ts";
import type { DriverColumn } from "./driver.ts";
import type { Batch } from "./installation-type.ts";
import type { Report } from "./report.ts";
import type { Row, Sampler } from "./sampler.ts";

/** What a stream asks of the node it belongs to. */
export interface StreamHost {
  /** Unix ms minus monotonic ms, and how far that is to be trusted. Zero where only the time since boot is known. */
  timeBase(now: number): { readonly offset: number; readonly quality: TimeQuality };
  /** Makes a shape known: its id, or the Fault for which it may not be sent. `made`: by a meter, so it is announced. */
  register(shape: Shape, made: boolean): string | Fault;
  /** Most rows of the shape that one frame can carry. */
  rowsMax(shape: Shape): number;
  /** Seals the message of a pack. */
  seal(message: Uint8Array, rows: number): void;
  /** A row was taken that is worth sending. */
  produced(row: Row): void;
  /** Rows were lost before they were sealed. */
  lost(rows: number): void;
  fault(fault: Fault): void;
}

/** One sensor's way into packs: rows worth sending go into the open pack, which is sealed when it is full or old enough. */
export class Stream {
  readonly sampler: Sampler;
  readonly report: Report;
  readonly batch: Batch;
  readonly host: StreamHost;
  columns: readonly DriverColumn[] | null = null;
  writer: PackWriter | null = null;
  /** Unix ms minus monotonic ms while a pack is open: a clock that jumps moves no row within it. */
  offset = 0;
  /** When the open pack's first row came, ms, monotonic. */
  opened = 0;

  constructor(sampler: Sampler, report: Report, batch: Batch, host: StreamHost) {
    this.sampler = sampler;
    this.report = report;
    this.batch = batch;
    this.host = host;
  }

  /** Does what is due; returns ms until it wants to be called again. */
  tick(now: number): number {
    if (this.rows() === 0) {
      const base = this.host.timeBase(now);
      if (base.quality === "synced") {
        this.sampler.align(base.offset, now);
      }
    }
    const watch = this.sampler.sensor.watch(now);
    const row = this.sampler.take(now);
    if (row !== null && this.report.worth(row.columns, row.values, row.time)) {
      this.add(row, now);
    }
    if (this.rows() > 0 && this.age(now) >= this.batch.delay) {
      this.flush();
    }
    const seal = this.rows() > 0 ? this.batch.delay - this.age(now) : Infinity;
    return Math.min(watch, seal, this.sampler.wait(now));
  }

  /** Seals the open pack, if there is one. */
  flush(): void {
    if (this.writer !== null && this.writer.rows > 0) {
      const rows = this.writer.rows;
      this.host.seal(this.writer.flush(), rows);
    }
  }

  /** Makes the shape before the first row where the driver knows its columns. */
  prepareKnown(): Fault | null {
    const columns = this.sampler.columns;
    return columns === null ? null : this.prepare(columns);
  }

  prepare(columns: readonly DriverColumn[]): Fault | null {
    const shape = shapeOf(columns, this.report.selective ? "column" : "interval", "rows");
    if (isFault(shape)) {
      return shape;
    }
    const made = this.sampler.sensor.driver.columns(this.sampler.sensor.installed.options) === null;
    const id = this.host.register(shape, made);
    if (isFault(id)) {
      return id;
    }
    const rowsMax = Math.min(this.batch.rows, packRowsMax, this.host.rowsMax(shape));
    this.writer = createPackWriter({ shape: shape, id: id, rowsMax: Math.max(1, rowsMax) });
    this.columns = columns;
    return null;
  }

  rows(): number {
    return this.writer === null ? 0 : this.writer.rows;
  }

  age(now: number): number {
    return now - this.opened;
  }

  add(row: Row, now: number): void {
    this.host.produced(row);
    if (this.columns !== row.columns) {
      this.flush();
      const refused = this.prepare(row.columns);
      if (refused !== null) {
        this.lose(refused);
        return;
      }
    }
    const writer = this.writer as PackWriter;
    if (writer.rows === 0) {
      this.begin(writer, row, now);
    }
    let added = writer.add(row.time + this.offset, row.values);
    if (added === "full") {
      this.flush();
      this.begin(writer, row, now);
      added = writer.add(row.time + this.offset, row.values);
    }
    if (added !== "added") {
      this.lose(fault("range", "a row that no pack takes"));
      return;
    }
    if (writer.rows >= this.batch.rows) {
      this.flush();
    }
  }

  begin(writer: PackWriter, row: Row, now: number): void {
    const base = this.host.timeBase(now);
    this.offset = base.offset;
    this.opened = now;
    writer.begin({ time: row.time + base.offset, timeQuality: base.quality, step: this.sampler.interval });
  }

  lose(why: Fault): void {
    this.host.fault(why);
    this.host.lost(1);
  }
}

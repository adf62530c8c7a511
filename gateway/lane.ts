/** One way through the spool to a sink: from a place on, in order, batch by batch; its place moves over what is confirmed without a hole. */
import type { CityRecord, Gap } from "./sink.ts";

/** Consecutive entries on their way to a sink. */
export interface Batch {
  /** Spool offset of its first entry. */
  readonly from: number;
  /** Spool offset after its last entry. */
  readonly next: number;
  readonly entries: number;
  readonly records: readonly CityRecord[];
  readonly gaps: readonly Gap[];
  state: "ready" | "sent" | "done";
}

/** Reads the next entries with something in them for the sink, from an offset to a limit; null when there are none yet. */
export type BatchReader = (span: { from: number; to: number; entries: number }) => Batch | null;

export class Lane {
  /** Everything before it is confirmed, or means nothing to the sink. */
  position: number;
  /** Where it ends; Infinity for the lane of what is yet to come. */
  end: number;
  /** Records that `position` has passed, ever. */
  passed = 0;
  readonly #read: BatchReader;
  readonly #entriesMax: number;
  #reading: number;
  /** In order. */
  #batches: Batch[] = [];

  constructor(span: { readonly from: number; readonly to: number }, entriesMax: number, read: BatchReader) {
    this.position = span.from;
    this.end = span.to;
    this.#reading = span.from;
    this.#entriesMax = entriesMax;
    this.#read = read;
  }

  /** Batches sent and not answered. */
  get underWay(): number {
    return this.#batches.filter(({ state }) => state === "sent").length;
  }

  /** Records that the sink has or may have, and `position` has not passed: a restart sends them again. */
  get held(): number {
    return this.#batches.reduce(
      (sum, { state, records }) => sum + (state === "ready" ? 0 : records.length),
      0,
    );
  }

  get finished(): boolean {
    return this.position >= this.end;
  }

  /** The next batch to send; null when nothing is there. */
  next(): Batch | null {
    const waiting = this.#batches.find(({ state }) => state === "ready");
    if (waiting !== undefined) {
      return waiting;
    }
    if (this.#reading >= this.end) {
      return null;
    }
    const batch = this.#read({ from: this.#reading, to: this.end, entries: this.#entriesMax });
    if (batch === null) {
      return null;
    }
    this.#reading = batch.next;
    this.#batches.push(batch);
    if (batch.records.length === 0 && batch.gaps.length === 0) {
      this.confirm(batch);
      return this.next();
    }
    return batch;
  }

  /** The sink has it. */
  confirm(batch: Batch): void {
    batch.state = "done";
    while (this.#batches.length > 0 && this.#batches[0].state === "done") {
      this.position = this.#batches[0].next;
      this.passed += this.#batches[0].records.length;
      this.#batches.shift();
    }
  }

  /** It did not arrive: it goes again, and only it. */
  retry(batch: Batch): void {
    batch.state = "ready";
  }

  /** One of its entries is never taken: both halves go again, each by itself. False when it is one entry. */
  split(batch: Batch): boolean {
    if (batch.entries === 1) {
      return false;
    }
    const halves: Batch[] = [];
    let from = batch.from;
    while (from < batch.next) {
      const half = this.#read({ from, to: batch.next, entries: Math.ceil(batch.entries / 2) });
      if (half === null) {
        break;
      }
      halves.push(half);
      from = half.next;
    }
    const at = this.#batches.indexOf(batch);
    this.#batches.splice(at, 1, ...halves);
    for (const half of halves.filter(({ records, gaps }) => records.length + gaps.length === 0)) {
      this.confirm(half);
    }
    return true;
  }
}

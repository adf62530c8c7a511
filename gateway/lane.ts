/** One way through the spool to a sink: from a place on, in order, batch by batch; its place moves over what is confirmed without a hole. */
import type { Batch, Span } from "./batches.ts";
import type { SinkBatch } from "./sink.ts";

/** Reads the next entries with something in them for the sink; null when there are none yet. */
export type BatchReader = (span: Span) => Batch | null;

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
    return this.#batches.reduce((sum, { state, records }) => sum + (state === "ready" ? 0 : records), 0);
  }

  get finished(): boolean {
    return this.position >= this.end;
  }

  /** The next batch to send; null when nothing is there. */
  next(): Batch | null {
    const waiting = this.#batches.find(({ state }) => state === "ready");
    if (waiting !== undefined && waiting.content === null) {
      this.#readAgain(waiting, waiting.entries);
      return this.next();
    }
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
    if (isEmpty(batch)) {
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
      this.passed += this.#batches[0].records;
      this.#batches.shift();
    }
  }

  /** It did not arrive: it goes again, and only it. */
  retry(batch: Batch): void {
    batch.state = "ready";
  }

  /** What a batch that the sink was given consists of. */
  contentOf(batch: Batch): SinkBatch {
    const { from, next, entries } = batch;
    return batch.content ?? this.#read({ from, to: next, entries })?.content ?? { records: [], gaps: [] };
  }

  /** One of its entries is never taken: both halves go again, each by itself. False when it is one entry. */
  split(batch: Batch): boolean {
    if (batch.entries === 1) {
      return false;
    }
    this.#readAgain(batch, Math.ceil(batch.entries / 2));
    return true;
  }

  /** Puts in its place what its entries are now, so many in one batch at most. */
  #readAgain(batch: Batch, entriesMax: number): void {
    const pieces: Batch[] = [];
    let from = batch.from;
    while (from < batch.next) {
      const piece = this.#read({ from, to: batch.next, entries: entriesMax });
      if (piece === null) {
        break;
      }
      pieces.push(piece);
      from = piece.next;
    }
    if (from < batch.next) {
      // What was given up meanwhile is passed over.
      pieces.push({ ...batch, from, records: 0, gaps: 0 });
    }
    this.#batches.splice(this.#batches.indexOf(batch), 1, ...pieces);
    for (const piece of pieces.filter(isEmpty)) {
      this.confirm(piece);
    }
  }
}

function isEmpty({ records, gaps }: Batch): boolean {
  return records + gaps === 0;
}

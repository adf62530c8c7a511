/**
 * Carries the spool to one sink: reads from the sink's cursor, resolves, sends with a window, and moves the cursor when the
 * platform has confirmed. Every sink has its own, so a slow or dead platform costs the others nothing.
 */
import { isFault } from "../protocols/fault.ts";
import { Backoff } from "./backoff.ts";
import type { Log } from "./log.ts";
import { type ResolveContext, resolveEntry } from "./resolve.ts";
import type { CityRecord, Delivery, Gap, Sink } from "./sink.ts";
import type { Cursor, Spool } from "./spool/spool.ts";

export interface ForwarderOptions {
  readonly sink: Sink;
  readonly spool: Spool;
  readonly cursor: Cursor;
  readonly context: Pick<ResolveContext, "shape" | "device">;
  readonly log: Log;
  /** Unix ms. */
  readonly now: () => number;
  /** Messages set aside because this sink will never take them. */
  readonly setAside: (gap: Gap) => void;
}

/** Entries one batch is made of at most. */
const entriesMax = 500;
const bytesMax = 256 * 1024;
/** What waited longer than this in the spool is marked as backlog, ms. */
const backlogAfter = 10_000;

interface Batch {
  /** Spool offset after its last entry. */
  readonly next: number;
  readonly entries: number;
  readonly records: readonly CityRecord[];
  readonly gaps: readonly Gap[];
  done: boolean;
}

export class Forwarder {
  readonly counts = { delivered: 0, gaps: 0, failures: 0, setAside: 0 };
  readonly #options: ForwarderOptions;
  readonly #backoff = new Backoff({
    first: 200,
    max: 30_000,
    random: Math.random,
    now: () => performance.now(),
  });
  /** Batches sent and not yet behind the cursor, oldest first. */
  #underWay: Batch[] = [];
  #reading: number;
  /** Entries per batch; halved while looking for one that the sink will never take. */
  #entries = entriesMax;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #stopped = false;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#reading = options.cursor.position;
  }

  get name(): string {
    return this.#options.sink.name;
  }

  /** Something new may be there. Cheap to call often. */
  wake(): void {
    while (!this.#stopped && this.#retry === null && this.#underWay.length < this.#window()) {
      const batch = this.#next();
      if (batch === null) {
        return;
      }
      this.#underWay.push(batch);
      void this.#send(batch);
    }
  }

  stop(): void {
    this.#stopped = true;
    if (this.#retry !== null) {
      clearTimeout(this.#retry);
    }
  }

  /** While an offending entry is looked for, one batch at a time. */
  #window(): number {
    return this.#entries < entriesMax ? 1 : this.#options.sink.window;
  }

  /** The next batch with something in it; what means nothing to a sink is passed over. */
  #next(): Batch | null {
    const { spool, sink, now } = this.#options;
    for (;;) {
      const entries = spool.read(this.#reading, { entries: this.#entries, bytes: bytesMax });
      if (entries.length === 0) {
        return null;
      }
      const context = { ...this.#options.context, sink: sink.name, backlogBefore: now() - backlogAfter };
      const records: CityRecord[] = [];
      const gaps: Gap[] = [];
      let taken = 0;
      for (const { kind, payload } of entries) {
        const resolved = resolveEntry(kind, payload, context);
        if (isFault(resolved)) {
          this.counts.setAside++;
          this.#options.log.warn(
            { sink: sink.name, code: resolved.fault },
            `entry passed over: ${resolved.detail}`,
          );
        } else if (taken > 0 && records.length + resolved.records.length > sink.recordsMax) {
          break;
        } else {
          records.push(...resolved.records);
          gaps.push(...resolved.gaps);
        }
        taken++;
      }
      const next = entries[taken - 1].next;
      this.#reading = next;
      if (records.length > 0 || gaps.length > 0) {
        return { next, entries: taken, records, gaps, done: false };
      }
      this.#settle({ next, entries: taken, records, gaps, done: true });
    }
  }

  async #send(batch: Batch): Promise<void> {
    const delivery = await this.#options.sink.send(batch);
    // A batch that was given up for a fresh start is read again, whatever became of it.
    if (this.#underWay.includes(batch) && !(this.#stopped && isFault(delivery))) {
      this.#concluded(batch, delivery);
      this.wake();
    }
  }

  #concluded(batch: Batch, delivery: Delivery): void {
    if (!isFault(delivery)) {
      batch.done = true;
      this.counts.delivered += batch.records.length;
      this.counts.gaps += batch.gaps.length;
      this.#backoff.succeeded();
      this.#entries = Math.min(entriesMax, this.#entries * 2);
      this.#advance();
      return;
    }
    this.counts.failures++;
    if (delivery.transient) {
      this.#againLater(delivery.detail);
    } else if (batch.entries > 1) {
      // One of these is never taken: find it in halves.
      this.#entries = batch.entries >> 1;
      this.#startOver();
    } else {
      this.#putAside(batch, delivery.detail);
    }
  }

  /** The cursor moves over what is delivered without a hole. */
  #advance(): void {
    while (this.#underWay.length > 0 && this.#underWay[0].done) {
      this.#options.cursor.advance(this.#underWay[0].next);
      this.#underWay.shift();
    }
  }

  /** Entries without meaning for a sink: behind the cursor at once, unless something is still under way before them. */
  #settle(batch: Batch): void {
    this.#underWay.push(batch);
    this.#advance();
  }

  #againLater(detail: string): void {
    if (this.#retry !== null) {
      return;
    }
    const delay = this.#backoff.next();
    this.#options.log.warn(
      { sink: this.#options.sink.name, delay },
      `delivery failed, again in ${delay} ms: ${detail}`,
    );
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#startOver();
      this.wake();
    }, delay);
  }

  /** Reads again from the cursor. What was confirmed behind a failure is sent once more: at least once, with its identity. */
  #startOver(): void {
    this.#underWay = [];
    this.#reading = this.#options.cursor.position;
  }

  #putAside(batch: Batch, detail: string): void {
    this.counts.setAside++;
    for (const gap of gapsOf(batch.records, this.#options.sink.name, detail)) {
      this.#options.setAside(gap);
    }
    this.#options.log.error(
      { sink: this.#options.sink.name },
      `set aside, the platform will not take it: ${detail}`,
    );
    batch.done = true;
    this.#advance();
  }
}

/** The messages of these records as gaps at one sink. */
function gapsOf(records: readonly CityRecord[], sink: string, reason: string): Gap[] {
  const gaps = new Map<string, Gap>();
  for (const { device, dh } of records) {
    const [epoch, piv] = dh.split("/").map(Number);
    gaps.set(`${device}/${epoch}/${piv}`, {
      device,
      epoch,
      from: piv,
      to: piv,
      state: "dropped",
      reason,
      sink,
    });
  }
  return [...gaps.values()];
}

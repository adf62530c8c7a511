import { type Fault, fault } from "../../protocols/fault.ts";
import { Batch, type Settled } from "./batch.ts";
import { entryHeaderLength } from "./block.ts";

/** Time, as the spool asks for it. Tests give their own. */
export interface SpoolClock {
  /** Unix ms. */
  time(): number;
  /** ms of a clock that never jumps. */
  monotonic(): number;
  /** Calls once, after so many ms; what it gives back calls it off. */
  after(milliseconds: number, call: () => void): () => void;
}

export interface CommitQueueOptions {
  /** How long the first entry of a commit may wait for others, what the disk usually takes included, ms. */
  readonly linger: number;
  /** Bytes of a commit; a larger entry is a commit of its own. */
  readonly batchBytes: number;
  /** Bytes of one entry's payload, at most. */
  readonly payloadMax: number;
  /** How long after a failed commit entries are refused without trying the disk again, ms. */
  readonly retryDelay: number;
  readonly clock: SpoolClock;
  /** Makes a batch durable: the offset of its first entry, or why it is not and will not be. */
  readonly commit: (batch: Batch) => Promise<number | Fault>;
}

/** So many waiting bytes are committed at once, without lingering. */
const commitAt = 32 * 1024;
/** Bytes that may wait for the disk; beyond, entries are refused: the disk is slower than what comes in. */
const waitingMax = 16 * 1024 * 1024;
const spareBatchesMax = 4;
/** Commits over which `usual` is a mean, about. */
const usualOver = 8;

/** Entries on their way to the disk: gathered into commits, one commit under way at a time, settled in order. */
export class CommitQueue {
  /** Entries that wait for the disk, those of the commit under way included. */
  waiting = 0;
  refused = 0;
  readonly #options: CommitQueueOptions;
  #batches: Batch[] = [];
  #spare: Batch[] = [];
  #bytes = 0;
  #running: Promise<void> | null = null;
  #starting = false;
  #cancelTimer: (() => void) | null = null;
  #closing = false;
  #blocked: { readonly until: number; readonly fault: Fault } | null = null;
  /** What a commit has taken of late, ms. */
  #usual = 0;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  append(kind: number, time: number, payload: Uint8Array, settled: Settled): void {
    const refusal = this.#refusal(payload);
    if (refusal !== null) {
      this.refused++;
      queueMicrotask(() => settled(refusal, -1));
      return;
    }
    let batch = this.#batches.at(-1);
    if (batch === undefined || !batch.fits(payload)) {
      batch = this.#begin(payload);
    }
    batch.add(kind, time, payload, settled);
    this.waiting++;
    this.#bytes += entryHeaderLength + payload.length;
    if (this.#running === null) {
      this.#schedule();
    }
  }

  /** Another try is worth it before the delay after a failure is over. */
  unblock(): void {
    this.#blocked = null;
  }

  /** Commits what waits, takes nothing more. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#start();
    await this.#running;
  }

  #refusal(payload: Uint8Array): Fault | null {
    if (this.#closing) {
      return fault("storage", "the spool is closed");
    }
    if (payload.length > this.#options.payloadMax) {
      return fault("limit", `an entry of ${payload.length} bytes, at most ${this.#options.payloadMax} fit`);
    }
    if (this.#bytes > waitingMax) {
      return fault("full", `${this.#bytes} bytes wait for the disk; it is slower than what comes in`);
    }
    if (this.#blocked !== null && this.#options.clock.monotonic() < this.#blocked.until) {
      return this.#blocked.fault;
    }
    return null;
  }

  #begin(payload: Uint8Array): Batch {
    const { batchBytes, clock } = this.#options;
    let batch = this.#spare.pop() ?? new Batch(batchBytes);
    if (!batch.fits(payload)) {
      this.#release(batch);
      batch = new Batch(batchBytes + payload.length);
    }
    batch.began = clock.monotonic();
    this.#batches.push(batch);
    return batch;
  }

  #schedule(): void {
    if (this.#bytes >= commitAt) {
      this.#start();
    } else if (this.#options.linger === 0) {
      // At the end of this turn, so that entries appended together are committed together.
      if (!this.#starting) {
        this.#starting = true;
        queueMicrotask(() => this.#start());
      }
    } else if (this.#cancelTimer === null) {
      const { clock } = this.#options;
      const waited = clock.monotonic() - this.#batches[0].began;
      this.#cancelTimer = clock.after(Math.max(0, this.#patience - waited), () => this.#start());
    }
  }

  /** How long to wait for others, so that the disk is through when the linger is over; half of it where the disk is slow. */
  get #patience(): number {
    const { linger } = this.#options;
    return Math.max(linger / 2, linger - this.#usual);
  }

  #start(): void {
    this.#starting = false;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#running === null && this.#batches.length > 0) {
      this.#running = this.#run();
    }
  }

  async #run(): Promise<void> {
    do {
      const batch = this.#batches.shift()!;
      const result = await this.#timed(batch);
      this.#bytes -= batch.length;
      this.waiting -= batch.count;
      if (typeof result === "number") {
        this.#blocked = null;
        settle(batch, null, result);
      } else {
        this.#fail(batch, result);
      }
      this.#release(batch);
    } while (this.#due());
    this.#running = null;
    if (this.#batches.length > 0) {
      this.#schedule();
    }
  }

  async #timed(batch: Batch): Promise<number | Fault> {
    const { clock, commit } = this.#options;
    const began = clock.monotonic();
    const result = await commit(batch);
    this.#usual += (clock.monotonic() - began - this.#usual) / usualOver;
    return result;
  }

  /** Whether the next commit follows at once. */
  #due(): boolean {
    const { clock } = this.#options;
    if (this.#batches.length === 0) {
      return false;
    }
    return (
      this.#closing || this.#bytes >= commitAt || clock.monotonic() - this.#batches[0].began >= this.#patience
    );
  }

  /** One failed commit fails all that wait: what came first is not stored after what came later. */
  #fail(batch: Batch, failure: Fault): void {
    const { clock, retryDelay } = this.#options;
    this.#blocked = { until: clock.monotonic() + retryDelay, fault: failure };
    const failed = [batch, ...this.#batches];
    this.#batches = [];
    this.#bytes = 0;
    this.waiting = 0;
    for (const each of failed) {
      this.refused += each.count;
      settle(each, failure, -1);
    }
  }

  #release(batch: Batch): void {
    if (this.#spare.length < spareBatchesMax && batch.block.length === this.#options.batchBytes) {
      batch.clear();
      this.#spare.push(batch);
    }
  }
}

function settle(batch: Batch, failure: Fault | null, first: number): void {
  const { settled } = batch;
  for (let i = 0; i < settled.length; i++) {
    settled[i](failure, failure === null ? first + i : first);
  }
}

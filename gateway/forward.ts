/**
 * Carries the spool to one sink: reads from the sink's cursor, resolves, sends with a window, and moves the cursor when the
 * platform has confirmed. Every sink has its own, so a slow or dead platform costs the others nothing. When much has piled up, what
 * comes now goes first, and the backlog follows beside it with a guaranteed share.
 */
import { isFault } from "../protocols/fault.ts";
import { Backoff } from "./backoff.ts";
import { type Batch, Batches, type Span } from "./batches.ts";
import { Lane } from "./lane.ts";
import type { Log } from "./log.ts";
import type { ResolveContext } from "./resolve.ts";
import type { CityRecord, Delivery, Gap, Sink } from "./sink.ts";
import type { Cursor, Spool, SpoolClock } from "./spool/spool.ts";

export interface ForwarderOptions {
  readonly sink: Sink;
  readonly spool: Spool;
  readonly cursor: Cursor;
  readonly context: Pick<ResolveContext, "shape" | "device">;
  readonly log: Log;
  readonly clock: SpoolClock;
  /** From 0 (inclusive) to 1 (exclusive); back-off jitter. */
  readonly random: () => number;
  /** Messages set aside because this sink will never take them; `durable` is to be called when that is on disk. */
  readonly setAside: (gap: Gap, durable: () => void) => void;
  /** Calls at the end of this turn. */
  readonly later: (call: () => void) => void;
}

/** Entries one batch is made of at most. */
const entriesMax = 2000;
/** Entries behind the newest from which on a backlog gets a lane of its own. */
const lanesFrom = 2000;
/** While both lanes have something to send, every so many batches one is of the backlog: its share of a fifth. */
const backlogEvery = 5;
/** Records of the backlog in one delivery while new ones come: these wait behind it, here, on the wire and at the platform. */
const besideLive = 500;
/** Of these, under way at once. */
const underWayBesideLive = 1;
/** ms after the last new record for which more are expected. */
const liveFor = 1000;
/** Records that may come again after a kill, at least, where a sink's own window is smaller: each checkpoint writes a page. */
const repeatedMin = 8000;

export class Forwarder {
  readonly #counts = { delivered: 0, gaps: 0, failures: 0, setAside: 0 };
  readonly #options: ForwarderOptions;
  readonly #batches: Batches;
  readonly #backoff: Backoff;
  /** What comes now; the only lane while nothing has piled up. */
  #live: Lane;
  /** What had piled up before the live lane began. */
  #backlog: Lane | null = null;
  /** Where the live lane began and how far it is, kept beside the cursor so that a restart sends none of it again. */
  readonly #liveFrom: Cursor;
  readonly #liveTo: Cursor;
  #turn = 0;
  /** Records that may come again after a kill: under way, and confirmed but in no checkpoint yet. One window of the sink. */
  readonly #repeatedMax: number;
  /** Records passed by lanes that are gone, and all that the cursor was told of. */
  #passedBefore = 0;
  #passedTold = 0;
  /** When a new record was last sent, monotonic ms. */
  #lastLive = Number.NEGATIVE_INFINITY;
  /** This turn has sent something of the backlog; what else has happened comes first. */
  #backlogRests = false;
  /** Takes back the retry that is waited for. */
  #retry: (() => void) | null = null;
  #stopped = false;

  constructor(options: ForwarderOptions) {
    const { sink, spool, cursor, clock, random } = options;
    this.#options = options;
    this.#batches = new Batches(options);
    this.#repeatedMax = Math.max(sink.recordsMax * Math.max(2, sink.window), repeatedMin);
    this.#backoff = new Backoff({ first: 200, max: 30_000, random, now: () => clock.monotonic() });
    this.#liveFrom = spool.cursor(`${cursor.name}${liveFrom}`);
    this.#liveTo = spool.cursor(`${cursor.name}${liveTo}`);
    const { position } = cursor;
    const apart = this.#liveFrom.position > position && this.#liveTo.position >= this.#liveFrom.position;
    this.#live = this.#lane(apart ? this.#liveTo.position : position, Number.POSITIVE_INFINITY);
    this.#backlog = apart ? this.#lane(position, this.#liveFrom.position) : null;
    cursor.saveAt = this.#repeatedMax / 2;
    cursor.whenSaved = () => this.wake();
    sink.whenReachable?.(() => this.#reachable());
  }

  get name(): string {
    return this.#options.sink.name;
  }

  /** Records and gaps delivered, failed deliveries, and records or messages set aside. */
  get counts(): {
    readonly delivered: number;
    readonly gaps: number;
    readonly failures: number;
    readonly setAside: number;
  } {
    return { ...this.#counts, setAside: this.#counts.setAside + this.#batches.passedOver };
  }

  /** Whether the sink has this entry already, ahead of its cursor. */
  hasDelivered(offset: number): boolean {
    return this.#backlog !== null && offset >= this.#backlog.end && offset < this.#live.position;
  }

  /** Something new may be there. Cheap to call often. */
  wake(): void {
    if (this.#stopped || this.#retry !== null) {
      return;
    }
    this.#part();
    for (;;) {
      const lane = this.#choose();
      const batch = lane?.next() ?? null;
      this.#move();
      if (lane === null || batch === null || this.#wouldRepeat(batch)) {
        return;
      }
      batch.state = "sent";
      void this.#send(lane, batch);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#retry?.();
  }

  /** The platform is back: no need to wait for the next try. */
  #reachable(): void {
    this.#retry?.();
    this.#retry = null;
    this.wake();
  }

  /** Opens a live lane where much has piled up. */
  #part(): void {
    const { spool, cursor } = this.#options;
    if (this.#backlog === null && spool.head - this.#live.position > lanesFrom) {
      const from = spool.head;
      this.#backlog = this.#live;
      this.#backlog.end = from;
      this.#live = this.#lane(from, Number.POSITIVE_INFINITY);
      this.#options.log.info(
        { sink: cursor.name, entries: from - this.#backlog.position },
        `${cursor.name}: ${from - this.#backlog.position} messages wait; new ones go first`,
      );
    }
  }

  /** The lane whose turn it is and that has room in the window; null when nothing may be sent now. */
  #choose(): Lane | null {
    const { window } = this.#options.sink;
    const backlog = this.#backlog;
    if (backlog === null) {
      return this.#live.underWay < window ? this.#live : null;
    }
    if (this.#live.underWay + backlog.underWay >= window) {
      return null;
    }
    this.#turn++;
    // The backlog never takes the whole window, or a new record would wait behind all of it.
    const most = this.#newOnesCome ? underWayBesideLive : window - 1;
    const room = !this.#backlogRests && backlog.underWay < Math.max(1, most);
    if (room && (this.#turn % backlogEvery === 0 || this.#live.next() === null)) {
      return backlog.next() === null ? this.#live : backlog;
    }
    return this.#live;
  }

  /** Whether more might come again after a kill with this batch than may. A checkpoint is on its way then, and wakes. */
  #wouldRepeat({ records }: Batch): boolean {
    const atRisk = this.#live.held + (this.#backlog?.held ?? 0) + this.#options.cursor.unsaved;
    return atRisk > 0 && atRisk + records > this.#repeatedMax;
  }

  get #newOnesCome(): boolean {
    return this.#options.clock.monotonic() - this.#lastLive <= liveFor;
  }

  async #send(lane: Lane, batch: Batch): Promise<void> {
    if (lane === this.#live) {
      this.#lastLive = this.#options.clock.monotonic();
    } else {
      this.#rest();
    }
    let delivery: Delivery;
    try {
      delivery = await this.#handOver(batch);
    } catch (error) {
      delivery = brokenSink(error);
    }
    this.#concluded(lane, batch, delivery);
    this.#move();
    this.wake();
  }

  /** Gives the sink what it is to send, and keeps none of it. */
  #handOver(batch: Batch): Promise<Delivery> {
    const content = batch.content!;
    batch.content = null;
    return this.#options.sink.send(content);
  }

  /**
   * One delivery of the backlog a turn: making it takes milliseconds, for which nothing else is received or confirmed.
   */
  #rest(): void {
    this.#backlogRests = true;
    this.#options.later(() => {
      this.#backlogRests = false;
      this.wake();
    });
  }

  #concluded(lane: Lane, batch: Batch, delivery: Delivery): void {
    if (!isFault(delivery)) {
      this.#counts.delivered += batch.records;
      this.#counts.gaps += batch.gaps;
      this.#backoff.succeeded();
      lane.confirm(batch);
      return;
    }
    this.#counts.failures++;
    if (delivery.transient) {
      lane.retry(batch);
      this.#againLater(delivery.detail);
    } else if (!lane.split(batch)) {
      this.#putAside(lane, batch, delivery.detail);
    }
  }

  /** The cursors follow the lanes; a backlog that is through hands over to the live lane. */
  #move(): void {
    const { cursor } = this.#options;
    const passed = this.#passedBefore + this.#live.passed + (this.#backlog?.passed ?? 0);
    if (this.#backlog?.finished) {
      this.#passedBefore += this.#backlog.passed;
      this.#backlog = null;
    }
    cursor.advance(this.#backlog?.position ?? this.#live.position, passed - this.#passedTold);
    this.#passedTold = passed;
    this.#liveFrom.advance(this.#backlog?.end ?? this.#live.position);
    this.#liveTo.advance(this.#live.position);
  }

  #againLater(detail: string): void {
    if (this.#retry !== null || this.#stopped) {
      return;
    }
    const delay = this.#backoff.next();
    this.#options.log.warn(
      { sink: this.#options.sink.name, delay },
      `delivery failed, again in ${delay} ms: ${detail}`,
    );
    this.#retry = this.#options.clock.after(delay, () => {
      this.#retry = null;
      this.wake();
    });
  }

  #putAside(lane: Lane, batch: Batch, detail: string): void {
    this.#counts.setAside += batch.records;
    const gaps = gapsOf(lane.contentOf(batch).records, this.#options.sink.name, detail);
    let left = gaps.length;
    // The cursor passes the batch when what names it is on disk, and not before.
    const named = (): void => {
      left--;
      if (left === 0) {
        lane.confirm(batch);
        this.#move();
        this.wake();
      }
    };
    for (const gap of gaps) {
      this.#options.setAside(gap, named);
    }
    this.#options.log.error(
      { sink: this.#options.sink.name },
      `set aside, the platform will not take it: ${detail}`,
    );
    if (gaps.length === 0) {
      lane.confirm(batch);
    }
  }

  #lane(from: number, to: number): Lane {
    return new Lane({ from, to }, entriesMax, (span) => this.#read(span));
  }

  #read(span: Span): Batch | null {
    const { recordsMax } = this.#options.sink;
    // Only a backlog has an end.
    const besideOthers = span.to !== Number.POSITIVE_INFINITY && this.#newOnesCome;
    return this.#batches.read(span, besideOthers ? Math.min(besideLive, recordsMax) : recordsMax);
  }
}

/** A sink that breaks its promise never to throw is tried again like one that is away: nothing else stops for it, nothing is lost. */
function brokenSink(error: unknown): Delivery {
  const said = error instanceof Error ? error.message : String(error);
  return {
    fault: "content",
    detail: `this sink has a mistake in its program, please report it: ${said}`,
    transient: true,
  };
}

/** What the names of a sink's two further cursors end with. */
const liveFrom = "~from";
const liveTo = "~to";

/** The sink whose cursor this is, its own or one of its two further ones. */
export function sinkOfCursor(name: string): string {
  return isSinkCursor(name) ? name : name.slice(0, name.lastIndexOf("~"));
}

/** Whether a cursor is a sink's own, and not one of its two further ones. */
export function isSinkCursor(name: string): boolean {
  return !name.endsWith(liveFrom) && !name.endsWith(liveTo);
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

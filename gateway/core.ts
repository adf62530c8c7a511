/**
 * The heart of a gateway: spool, gate, gaps and forwarders, introduced to each other. Everything that differs between a machine and a
 * simulation comes in as a port: the disk, the clock, the dice.
 */
import type { Crypto } from "../protocols/crypto.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import { nextBootEpoch } from "./boot-epoch.ts";
import type { FailureBudget } from "./budget.ts";
import type { ClockWatch } from "./clock.ts";
import { Commits } from "./commits.ts";
import { Downlink } from "./downlink.ts";
import { Drops } from "./drops.ts";
import { Forwarder, sinkOfCursor } from "./forward.ts";
import { Ingest } from "./ingest.ts";
import type { Log } from "./log.ts";
import type { DeviceRegistry } from "./registry/registry.ts";
import { countRecords } from "./resolve.ts";
import type { RingName } from "./rings.ts";
import type { Sink } from "./sink.ts";
import { shareSink } from "./sink-share.ts";
import type { FilePort } from "./spool/file-port.ts";
import { Spool, type SpoolClock, type SpoolHooks, type SpoolOptions } from "./spool/spool.ts";
import { dayMs } from "./spool/spool-options.ts";
import { replayOf } from "./spool-order.ts";

export interface CoreOptions {
  readonly spool: Omit<SpoolOptions, "hooks" | "clock">;
  /** The ring of what must not vanish; without it one ring holds everything. */
  readonly kept?: Omit<SpoolOptions, "hooks" | "clock">;
  readonly files: FilePort;
  readonly clock: SpoolClock;
  /** How far the clock can be believed; where nobody watches it, nothing is given up by its age. */
  readonly clockWatch?: Pick<ClockWatch, "synchronised" | "tellsTime">;
  readonly registry: Pick<DeviceRegistry, "byKid">;
  readonly crypto: Crypto;
  readonly deployment: string;
  readonly budget: FailureBudget;
  /** Messages that one device may send in a minute; no limit where none is given. */
  readonly messagesPerMinute?: number;
  readonly log: Log;
  /** From 0 (inclusive) to 1 (exclusive); back-off jitter. */
  readonly random: () => number;
  /** Calls at the end of this turn. */
  readonly later: (call: () => void) => void;
}

/** Between two looks for missing messages, ms. */
const checkEvery = 5000;

export class Core {
  /** Readings; everything, where there is one ring only. */
  readonly spool: Spool;
  /** What must not vanish; `spool` where there is one ring only. */
  readonly kept: Spool;
  readonly ingest: Ingest;
  readonly drops: Drops;
  readonly commits = new Commits();
  /** Of readings, one for each sink. */
  readonly forwarders: Forwarder[] = [];
  readonly #keptForwarders: Forwarder[] = [];
  readonly #downlink: Downlink;
  readonly #options: CoreOptions;
  #cancelWatch = (): void => {};
  readonly #context: ConstructorParameters<typeof Forwarder>[0]["context"];

  /**
   * Opens the spool, takes up what it holds and begins to answer. Gives the Fault that keeps the gateway from sending; rejects with a
   * ProblemError where the spool cannot be opened. With either nothing is left open.
   */
  static async open(options: CoreOptions): Promise<Core | Fault> {
    const core = await Core.prepare(options);
    const failure = await core.begin();
    if (failure !== null) {
      core.stop();
      await core.close();
    }
    return failure ?? core;
  }

  /** The same without an answer to anybody, for a gateway whose other parts may still fail to start. */
  static async prepare(options: CoreOptions): Promise<Core> {
    const spool = await openRing(options.spool, options);
    try {
      const kept = options.kept === undefined ? spool : await openRing(options.kept, options);
      return new Core(options, spool, kept);
    } catch (error) {
      await spool.ring.close();
      throw error;
    }
  }

  /** This start's own; -1 before it has begun. */
  get bootEpoch(): number {
    return this.#downlink.bootEpoch ?? -1;
  }

  /**
   * Takes this start's epoch and answers devices from here on; gives the Fault that keeps the gateway from it. Epochs are few, so a
   * gateway that is started again and again in vain must not use one up each time.
   */
  async begin(): Promise<Fault | null> {
    const { spool, files } = this.#options;
    const epoch = await nextBootEpoch(`${spool.folder}/boot-epoch`, files);
    if (isFault(epoch)) {
      return epoch;
    }
    this.#downlink.begin(epoch);
    return null;
  }

  private constructor(options: CoreOptions, spool: OpenRing, kept: OpenRing) {
    const { registry, log, clock, clockWatch, later } = options;
    this.#options = options;
    this.spool = spool.ring;
    this.kept = kept.ring;
    this.#downlink = new Downlink(null, later);
    this.ingest = new Ingest({
      ...options,
      spool: this.spool,
      kept: this.kept,
      downlink: this.#downlink,
      now: () => clock.time(),
      monotonic: () => clock.monotonic(),
      tellsTime: () => clockWatch?.tellsTime() !== false,
      stored: () => this.#wake(),
    });
    for (const { ring, entry } of replayOf(this.rings)) {
      this.ingest.restore(entry, ring === this.spool ? "telemetry" : "kept");
    }
    this.#context = {
      shape: (id) => this.ingest.shapes.get(id),
      device: (kid) => registry.byKid(kid),
    };
    this.drops = new Drops({
      device: this.#context.device,
      declare: (gap) => this.ingest.declare(gap),
      hasDelivered: (sink, offset) =>
        this.forwarders.some((forwarder) => forwarder.name === sink && forwarder.hasDelivered(offset)),
      records: ({ kind, payload }) => countRecords(kind, payload, this.#context),
      log,
    });
    if (kept === spool) {
      this.#connect(spool.hooks, "all");
    } else {
      this.#connect(spool.hooks, "telemetry");
      this.#connect(kept.hooks, "kept");
    }
    this.ingest.restored();
    this.#watch();
  }

  /** The rings there are, once each. */
  get rings(): readonly Spool[] {
    return this.kept === this.spool ? [this.spool] : [this.spool, this.kept];
  }

  /** Carries every ring to a sink, each from where its cursor was left; gives the forwarder of the readings. */
  forward(sink: Sink): Forwarder {
    if (this.kept === this.spool) {
      return this.#carry(this.spool, sink, this.forwarders);
    }
    const { kept, telemetry } = shareSink(sink);
    this.#carry(this.kept, kept, this.#keptForwarders);
    return this.#carry(this.spool, telemetry, this.forwarders);
  }

  #carry(spool: Spool, sink: Sink, among: Forwarder[]): Forwarder {
    const { clock, log, random, later } = this.#options;
    const forwarder = new Forwarder({
      sink,
      spool,
      cursor: spool.cursor(sink.name),
      context: this.#context,
      log,
      clock,
      random,
      later,
      setAside: (gap, durable) => this.ingest.declare(gap, durable),
    });
    among.push(forwarder);
    forwarder.wake();
    return forwarder;
  }

  /** Forgets the places of all sinks but these; gives the names of those forgotten. */
  keepSinks(names: readonly string[]): readonly string[] {
    const forgotten = new Set<string>();
    for (const ring of this.rings) {
      for (const { name } of ring.cursors) {
        const sink = sinkOfCursor(name);
        if (!names.includes(sink)) {
          ring.removeCursor(name);
          forgotten.add(sink);
        }
      }
    }
    return [...forgotten];
  }

  /** A ring was opened before its owner could exist; from here on it is asked and told. */
  #connect(hooks: SpoolHooks, ring: RingName | "all"): void {
    const { log, clockWatch } = this.#options;
    let abandoned = 0;
    Object.assign(hooks, {
      snapshot: (room) => this.ingest.knowledge.snapshot(ring, room),
      // Gaps go into the ring of what must not vanish: the other may wait for that, and it may not wait for itself.
      ...(ring === "telemetry" ? { secure: () => this.ingest.knowledge.gaps.secure() } : {}),
      dropped: (cursor, entries, { reason }) => this.drops.take(cursor, entries, reason),
      damaged: ({ from, to }, file) =>
        log.error({ file, from, to }, `spool: entries ${from} to ${to} are damaged and passed over`),
      abandoned: (file, { detail }) => {
        abandoned++;
        // The first, and each power of two: a dying disk fails many a second.
        if ((abandoned & (abandoned - 1)) === 0) {
          log.error({ file, count: abandoned }, `spool: ${file} takes no more: ${detail}`);
        }
      },
      cursorsFailed: ({ detail }) =>
        log.warn(
          {},
          `spool: how far the sinks are could not be written and is tried again; until then a restart may send them again what they have: ${detail}`,
        ),
      committed: ({ milliseconds }) => this.commits.add(milliseconds),
      trouble: (reason) => logTrouble(reason, log),
      synchronised: () => clockWatch?.synchronised() === true,
    } satisfies SpoolHooks);
  }

  /** Looks for missing messages now and then, until stopped. */
  #watch(): void {
    const { clock } = this.#options;
    this.#cancelWatch = clock.after(checkEvery, () => {
      this.ingest.knowledge.checkLosses(clock.monotonic());
      this.ingest.resume();
      for (const ring of this.rings) {
        void ring.makeSure();
      }
      this.#watch();
    });
  }

  /** Gives up what is older than the spool keeps messages. To be called now and then; does nothing while the clock is not synchronised. */
  async retire(): Promise<void> {
    const { clock, clockWatch, spool } = this.#options;
    const { daysMax } = spool;
    if (daysMax != null && clockWatch?.synchronised() === true) {
      this.ingest.retire(clock.time() - daysMax * dayMs);
    }
    for (const ring of this.rings) {
      await ring.retire();
    }
  }

  /** Ends what runs by itself; the rings stay open. */
  stop(): void {
    this.#cancelWatch();
    for (const forwarder of [...this.#keptForwarders, ...this.forwarders]) {
      forwarder.stop();
    }
  }

  /** Writes what waits, and every cursor. */
  async close(): Promise<void> {
    for (const ring of this.rings) {
      await ring.close();
    }
  }

  #wake(): void {
    for (const forwarder of this.#keptForwarders) {
      forwarder.wake();
    }
    for (const forwarder of this.forwarders) {
      forwarder.wake();
    }
  }
}

interface OpenRing {
  readonly ring: Spool;
  readonly hooks: SpoolHooks;
}

async function openRing(
  settings: CoreOptions["spool"],
  { clock, files, log }: Pick<CoreOptions, "clock" | "files" | "log">,
): Promise<OpenRing> {
  const hooks: SpoolHooks = {};
  const ring = await Spool.open({ ...settings, clock, hooks }, files);
  logRecovery(ring, log);
  return { ring, hooks };
}

function logTrouble(reason: Fault | null, log: Log): void {
  if (reason === null) {
    log.info({}, "spool: stores again, and takes what the devices kept meanwhile");
  } else {
    log.error(
      { code: reason.fault },
      `spool: nothing can be stored, so nothing is acknowledged and the devices keep it: ${reason.detail}`,
    );
  }
}

function logRecovery({ recovery }: Spool, log: Log): void {
  for (const { name, reason } of recovery.setAside) {
    log.error({ file: name }, `spool: ${name} is set aside in quarantine/: ${reason}`);
  }
  for (const { from, to } of recovery.lost) {
    log.error({ from, to }, `spool: entries ${from} to ${to} cannot be read any more`);
  }
  if (recovery.cut !== null) {
    const { offset } = recovery.cut;
    log.warn(
      { from: offset },
      `spool: what was written last, from entry ${offset} on, is not whole and is passed over. A power cut leaves it so, before anything of it is acknowledged; without one, check the disk`,
    );
  }
  if (recovery.cursors === "damaged") {
    log.warn({}, "spool: how far the sinks had come cannot be read; they may be sent again what they have");
  }
  if (recovery.trouble !== null) {
    log.error({ code: recovery.trouble.fault }, `spool: ${recovery.trouble.detail}`);
  }
}

/**
 * The heart of a gateway: spool, gate, gaps and forwarders, introduced to each other. Everything that differs between a machine and a
 * simulation comes in as a port: the disk, the clock, the dice.
 */
import type { Crypto } from "../protocols/crypto.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import { nextBootEpoch } from "./boot-epoch.ts";
import type { FailureBudget } from "./budget.ts";
import type { ClockWatch } from "./clock.ts";
import { Downlink } from "./downlink.ts";
import { Drops } from "./drops.ts";
import { Forwarder } from "./forward.ts";
import { Commits } from "./health-source.ts";
import { Ingest } from "./ingest.ts";
import type { Log } from "./log.ts";
import type { DeviceRegistry } from "./registry.ts";
import { resolveEntry } from "./resolve.ts";
import type { Sink } from "./sink.ts";
import type { FilePort } from "./spool/file-port.ts";
import { Spool, type SpoolClock, type SpoolHooks, type SpoolOptions } from "./spool/spool.ts";

export interface CoreOptions {
  readonly spool: Omit<SpoolOptions, "hooks" | "clock">;
  readonly files: FilePort;
  readonly clock: SpoolClock;
  /** How far the clock can be believed; where nobody watches it, nothing is given up by its age. */
  readonly clockWatch?: Pick<ClockWatch, "synchronised" | "tellsTime">;
  readonly registry: Pick<DeviceRegistry, "byKid">;
  readonly crypto: Crypto;
  readonly deployment: string;
  readonly budget: FailureBudget;
  readonly log: Log;
  /** From 0 (inclusive) to 1 (exclusive); back-off jitter. */
  readonly random: () => number;
  /** Calls at the end of this turn. */
  readonly later: (call: () => void) => void;
}

/** Between two looks for missing messages, ms. */
const checkEvery = 5000;

export class Core {
  readonly spool: Spool;
  readonly ingest: Ingest;
  readonly drops: Drops;
  readonly commits = new Commits();
  readonly forwarders: Forwarder[] = [];
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
      await core.spool.close();
    }
    return failure ?? core;
  }

  /** The same without an answer to anybody, for a gateway whose other parts may still fail to start. */
  static async prepare(options: CoreOptions): Promise<Core> {
    const hooks: SpoolHooks = {};
    const spool = await Spool.open({ ...options.spool, clock: options.clock, hooks }, options.files);
    logRecovery(spool, options.log);
    return new Core(options, spool, hooks);
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

  private constructor(options: CoreOptions, spool: Spool, hooks: SpoolHooks) {
    const { registry, log, clock, clockWatch, later } = options;
    this.#options = options;
    this.spool = spool;
    this.#downlink = new Downlink(null, later);
    this.ingest = new Ingest({
      ...options,
      spool,
      downlink: this.#downlink,
      now: () => clock.time(),
      monotonic: () => clock.monotonic(),
      tellsTime: () => clockWatch?.tellsTime() !== false,
      stored: () => this.#wake(),
    });
    for (const entry of spool.replay()) {
      this.ingest.restore(entry);
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
      records: ({ kind, payload }, sink) => {
        const resolved = resolveEntry(kind, payload, { ...this.#context, sink, backlogBefore: 0 });
        return isFault(resolved) ? 0 : resolved.records.length;
      },
      log,
    });
    this.#connect(hooks);
    this.ingest.restored();
    this.#watch();
  }

  /** Carries the spool to a sink, from where its cursor was left. */
  forward(sink: Sink): Forwarder {
    const { clock, log, random } = this.#options;
    const forwarder = new Forwarder({
      sink,
      spool: this.spool,
      cursor: this.spool.cursor(sink.name),
      context: this.#context,
      log,
      clock,
      random,
      setAside: (gap, durable) => this.ingest.declare(gap, null, durable),
    });
    this.forwarders.push(forwarder);
    forwarder.wake();
    return forwarder;
  }

  /** The spool was opened before its owner could exist; from here on it is asked and told. */
  #connect(hooks: SpoolHooks): void {
    const { log, clockWatch } = this.#options;
    let abandoned = 0;
    Object.assign(hooks, {
      snapshot: () => this.ingest.snapshot(),
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
      committed: ({ milliseconds }) => this.commits.add(milliseconds),
      trouble: (reason) => logTrouble(reason, log),
      synchronised: () => clockWatch?.synchronised() === true,
    } satisfies SpoolHooks);
  }

  /** Looks for missing messages now and then, until stopped. */
  #watch(): void {
    const { clock } = this.#options;
    this.#cancelWatch = clock.after(checkEvery, () => {
      this.ingest.losses.check(this.ingest.witnesses(), clock.monotonic());
      this.ingest.resume();
      this.#watch();
    });
  }

  /** Ends what runs by itself; the spool stays open. */
  stop(): void {
    this.#cancelWatch();
    for (const forwarder of this.forwarders) {
      forwarder.stop();
    }
  }

  #wake(): void {
    for (const forwarder of this.forwarders) {
      forwarder.wake();
    }
  }
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

/** The gateway put together: config in, a running gateway out. Nothing is decided here; parts are made and introduced to each other. */
import { join } from "node:path";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { selfTest } from "../protocols/self-test.ts";
import { FailureBudget } from "./budget.ts";
import { ClockWatch, type ClockWatchOptions, trusted } from "./clock.ts";
import { type GatewayConfig, lingerOf } from "./config.ts";
import { Core, type CoreOptions } from "./core.ts";
import { authenticator } from "./credentials.ts";
import { type HealthServer, startHealth } from "./health.ts";
import { healthSource } from "./health-source.ts";
import type { Ingest } from "./ingest.ts";
import type { GatewayLink } from "./link.ts";
import { links } from "./links/index.ts";
import type { Log } from "./log.ts";
import { type MeterMaker, makeMeters } from "./meters/meters.ts";
import { ProblemError, problem, problemLine } from "./problem.ts";
import { DeviceRegistry } from "./registry/registry.ts";
import { ringFolder, ringSizes } from "./rings.ts";
import type { Sink } from "./sink.ts";
import { sinks } from "./sinks/index.ts";
import { nodeFiles } from "./spool/node-files.ts";
import { systemClock } from "./spool/spool-options.ts";

export interface RunningGateway {
  /** Stops listening, writes what waits and every cursor. Ends within five seconds, also with a dead sink. */
  stop(): Promise<void>;
}

export interface GatewayParts {
  readonly config: GatewayConfig;
  readonly log: Log;
  readonly version: string;
  /** Asks the system whether its clock is right. */
  readonly askClock: ClockWatchOptions["ask"];
  /** Makes the meters of the config; they need the firmware, which this room may not import. Without it there are none. */
  readonly meter?: MeterMaker;
}

/** Between two looks for entries that are too old, ms. */
const retireEvery = 60_000;

/** Starts a gateway; rejects with a ProblemError, and with nothing left running, when a part of it cannot start. */
export async function startGateway(parts: GatewayParts): Promise<RunningGateway> {
  const unfit = selfTest(nodeCrypto);
  if (unfit !== null) {
    throw problem("BUG-001", { reason: unfit.detail });
  }
  const undo: (() => unknown)[] = [];
  try {
    return await assemble(parts, undo);
  } catch (error) {
    for (const step of undo.reverse()) {
      await step();
    }
    throw error;
  }
}

async function assemble(
  { config, log, version, askClock, meter }: GatewayParts,
  undo: (() => unknown)[],
): Promise<RunningGateway> {
  const registry = await DeviceRegistry.open(config.devices);
  undo.push(() => registry.close());
  for (const trouble of registry.problems()) {
    log.warn({ code: trouble.code }, problemLine(trouble));
  }

  const ask = config.clock === "trusted" ? trusted : askClock;
  const clockWatch = new ClockWatch({ clock: systemClock, ask, log });
  undo.push(() => clockWatch.stop());
  clockWatch.start();
  const core = await prepareCore(config, { registry, clockWatch, log });
  const { spool, kept, ingest, drops, commits, forwarders } = core;
  undo.push(() => core.close());
  undo.push(() => core.stop());

  const started = await startSinks(config, core, log, undo);
  const listening = await startLinks(config, { ingest, registry, log }, undo);
  const meters = makeMeters(config.meters, meter, {
    deployment: config.deployment,
    registry,
    clockTrusted: config.clock === "trusted",
    log,
  });
  listening.push(...meters);
  const health = await startHealth(
    config.health.listen,
    healthSource({
      folder: config.spool.folder,
      spool,
      kept,
      ingest,
      forwarders,
      sinks: started,
      links: listening,
      drops,
      commits,
      version,
    }),
  );
  undo.push(() => health.stop());
  await begin(core, config.spool.folder);
  for (const link of meters) {
    undo.push(() => link.stop());
    await link.start((frame, source, settled) => ingest.receive(frame, source, settled));
  }

  registry.follow();
  registry.onChange(({ type, name, problem: trouble }) => {
    if (trouble === null) {
      log.info({ device: name }, `device ${name}: ${type}`);
    } else {
      log.warn({ device: name, code: trouble.code }, problemLine(trouble));
    }
    if (type !== "added") {
      for (const link of listening) {
        link.disconnect(name);
      }
    }
  });
  const retire = setInterval(() => void core.retire(), retireEvery);
  log.info({ version, devices: registry.entries().length }, `gateway ${config.gateway} ${version}: ready`);
  return {
    stop: () => stopInOrder({ health, listening, core, started, registry, clockWatch, retire, log }),
  };
}

function prepareCore(
  config: GatewayConfig,
  parts: Pick<CoreOptions, "registry" | "clockWatch" | "log">,
): Promise<Core> {
  const { folder, bytes, days, whenFull } = config.spool;
  const linger = lingerOf(config.spool);
  const { failures, failuresPerMinute, messagesPerMinute } = config.limits;
  const { telemetry, kept } = ringSizes(bytes);
  return Core.prepare({
    ...parts,
    spool: { folder, ...telemetry, daysMax: days, linger, policyWhenFull: whenFull },
    kept: { folder: ringFolder(folder, "kept"), ...kept, daysMax: null, linger, policyWhenFull: "refuse" },
    files: nodeFiles,
    clock: systemClock,
    crypto: nodeCrypto,
    deployment: config.deployment,
    messagesPerMinute,
    budget: new FailureBudget({ capacity: failures, perSecond: failuresPerMinute / 60 }),
    random: Math.random,
    later: setImmediate,
  });
}

/** Answers devices from here on, as the last thing that can fail. */
async function begin(core: Core, folder: string): Promise<void> {
  const failure = await core.begin();
  if (failure === null) {
    return;
  }
  const path = join(folder, "boot-epoch");
  if (failure.fault === "epochs-used-up") {
    throw problem("SPL-076", { path });
  }
  throw failure.fault === "full" ? problem("FIL-073", { path }) : problem("FIL-074", { path });
}

interface LinkParts {
  readonly ingest: Ingest;
  readonly registry: DeviceRegistry;
  readonly log: Log;
}

async function startSinks(
  config: GatewayConfig,
  core: Core,
  log: Log,
  undo: (() => unknown)[],
): Promise<Sink[]> {
  const started: Sink[] = [];
  for (const settings of config.sinks) {
    const sink = create<Sink>(sinks, settings, {
      log: log.child({ sink: settings.name }),
      gateway: config.gateway,
      random: Math.random,
    });
    await sink.start();
    undo.push(() => sink.stop());
    started.push(sink);
  }
  // Before there are new ones: a spool has room for a bounded number of them.
  for (const sink of core.keepSinks(started.map(({ name }) => name))) {
    log.warn({ sink }, `sink ${sink} is no longer in the config: its place in the spool is forgotten`);
  }
  for (const sink of started) {
    const forwarder = core.forward(sink);
    undo.push(() => forwarder.stop());
  }
  return started;
}

async function startLinks(
  config: GatewayConfig,
  parts: LinkParts,
  undo: (() => unknown)[],
): Promise<GatewayLink[]> {
  const { ingest, registry, log } = parts;
  const authenticate = authenticator({ registry, crypto: nodeCrypto, deployment: config.deployment });
  const listening: GatewayLink[] = [];
  for (const settings of config.links) {
    const link = create<GatewayLink>(links, settings, {
      log,
      gateway: config.gateway,
      authenticate,
      random: Math.random,
    });
    await link.start((frame, source, settled) => ingest.receive(frame, source, settled));
    undo.push(() => link.stop());
    listening.push(link);
  }
  return listening;
}

/** What the parts of a config say about their own settings, beyond what its schema can; opens and changes nothing. */
export function checkParts(config: GatewayConfig, log: Log): ProblemError[] {
  const context = { log, gateway: config.gateway, authenticate: () => null, random: Math.random };
  const make = [
    ...config.links.map((settings) => () => create<GatewayLink>(links, settings, context)),
    ...config.sinks.map((settings) => () => create<Sink>(sinks, settings, context)),
  ];
  return make.flatMap((one) => {
    try {
      one();
      return [];
    } catch (error) {
      if (error instanceof ProblemError) {
        return [error];
      }
      throw error;
    }
  });
}

interface Definition {
  readonly kind: string;
  create(settings: never, context: never): unknown;
}

/** Makes the part that settings of this kind describe. They were checked against the same definition's schema. */
function create<Part>(
  definitions: readonly Definition[],
  settings: { readonly kind: string },
  context: object,
): Part {
  const definition = definitions.find(({ kind }) => kind === settings.kind);
  if (definition === undefined) {
    throw problem("BUG-001", { reason: `no definition of the kind ${settings.kind}` });
  }
  return definition.create(settings as never, context as never) as Part;
}

interface Stopping {
  readonly health: HealthServer;
  readonly listening: readonly GatewayLink[];
  readonly core: Core;
  readonly started: readonly Sink[];
  readonly registry: DeviceRegistry;
  readonly clockWatch: ClockWatch;
  readonly retire: NodeJS.Timeout;
  readonly log: Log;
}

/** Devices first, so that nothing new comes; then the sinks; the spool last, when nobody reads or writes it any more. */
async function stopInOrder({
  health,
  listening,
  core,
  started,
  registry,
  clockWatch,
  retire,
  log,
}: Stopping): Promise<void> {
  clearInterval(retire);
  clockWatch.stop();
  registry.close();
  await Promise.all(listening.map((link) => link.stop()));
  core.stop();
  await Promise.all(started.map((sink) => sink.stop()));
  await health.stop();
  await core.close();
  log.info({}, "gateway: stopped, everything acknowledged is on disk");
}

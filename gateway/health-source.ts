/** What health shows, gathered from the parts when somebody asks. */
import type { Commits } from "./commits.ts";
import type { Drops } from "./drops.ts";
import type { Forwarder } from "./forward.ts";
import type { Concern, GapReport, HealthSource } from "./health.ts";
import type { Ingest } from "./ingest.ts";
import type { GatewayLink } from "./link.ts";
import type { Figures, SpoolFigures } from "./metrics.ts";
import type { Sink } from "./sink.ts";
import type { Spool } from "./spool/spool.ts";
import { ringStatus, type SpoolStatus, sinkLags } from "./spool-status.ts";

export interface HealthParts {
  /** The spool's, from the config. */
  readonly folder: string;
  readonly spool: Spool;
  /** The ring of what must not vanish. */
  readonly kept: Spool;
  readonly ingest: Ingest;
  readonly forwarders: readonly Forwarder[];
  readonly sinks: readonly Sink[];
  readonly links: readonly GatewayLink[];
  readonly drops: Drops;
  readonly commits: Commits;
  readonly version: string;
}

export function healthSource(parts: HealthParts): HealthSource {
  const { spool, kept, ingest, forwarders, sinks, links, drops, commits, version } = parts;
  const began = performance.now();
  return {
    version,
    uptime: () => (performance.now() - began) / 1000,
    concerns: () => concernsOf(parts),
    received: () => ingest.counts.stored,
    rejected: () => ingest.refused,
    duplicates: () => ingest.refused.replayed ?? 0,
    delivered: () => Object.fromEntries(forwarders.map(({ name, counts }) => [name, counts.delivered])),
    dropped: () => [
      ...drops.counts.values(),
      ...forwarders.map(({ name, counts }) => ({ sink: name, reason: "refused", records: counts.setAside })),
    ],
    spool: () => bothFigures(ringFigures(spool), ringFigures(kept)),
    sinks: () => Object.fromEntries(sinks.map((sink) => [sink.name, sink.state()])),
    frames: () => Object.fromEntries(links.map(({ name, counters }) => [name, framesOf(counters)])),
    alarms: () => ingest.alarms.counts,
    missing: () => ingest.losses.count(ingest.knowledge.witnesses()),
    gaps: () => gapReport(ingest),
    spoolStatus: () => spoolStatus(parts),
    onSync: (listener) => commits.listen(listener),
  };
}

function bothFigures(readings: SpoolFigures, kept: SpoolFigures): SpoolFigures {
  return {
    bytes: readings.bytes + kept.bytes,
    capacity: readings.capacity + kept.capacity,
    oldestAge: Math.max(readings.oldestAge, kept.oldestAge),
  };
}

function ringFigures(spool: Spool): SpoolFigures {
  const slowest = Math.min(spool.head, ...spool.cursors.map(({ position }) => position));
  const [oldest] = spool.read(slowest, { entries: 1, bytes: 1 });
  return {
    bytes: spool.bytesFrom(slowest),
    capacity: spool.stats().bytesMax,
    oldestAge: oldest === undefined ? 0 : Math.max(0, (Date.now() - oldest.time) / 1000),
  };
}

function spoolStatus({ folder, spool, kept, drops }: HealthParts): SpoolStatus {
  const at = { now: Date.now(), records: drops.records };
  return {
    folder,
    rings: [ringStatus("telemetry", spool), ringStatus("kept", kept)],
    sinks: [...sinkLags("telemetry", spool, at), ...sinkLags("kept", kept, at)],
    drops: [...drops.counts.values()],
  };
}

export function gapReport(ingest: Ingest): GapReport {
  return {
    gaps: ingest.knowledge.witnesses().flatMap((witness) => ingest.losses.of(witness)),
    rowsDropped: Object.fromEntries([...ingest.losses.rowsDropped].filter(([, count]) => count > 0)),
  };
}

function framesOf({ framesIn, framesOut, refused }: GatewayLink["counters"]): Figures {
  return { received: framesIn, sent: framesOut, ...refused };
}

/** Shares of the spool at which it is nearly full, and of refusals that fail. */
const nearlyFull = 0.9;

function concernsOf({ spool, kept, links, sinks }: HealthParts): Concern[] {
  const concerns = [...ringConcerns("spool", spool), ...ringConcerns("spool kept", kept)];
  for (const link of links) {
    const reason = link.trouble();
    if (reason !== null) {
      concerns.push({ level: "degraded", part: `link ${link.name}`, reason });
    }
  }
  for (const sink of sinks) {
    const { connected, trouble } = sink.state();
    if (!connected) {
      concerns.push({ level: "degraded", part: `sink ${sink.name}`, reason: trouble ?? "not connected yet" });
    }
  }
  return concerns;
}

function ringConcerns(part: string, ring: Spool): Concern[] {
  const concerns: Concern[] = [];
  const { bytes, capacity } = ringFigures(ring);
  if (bytes > nearlyFull * capacity) {
    concerns.push({
      level: "degraded",
      part,
      reason: "it is nearly full: bring the sinks back or give it more room",
    });
  }
  const { trouble } = ring.stats();
  if (trouble !== null) {
    concerns.push({
      level: "failing",
      part,
      reason: `messages cannot be stored and stay with their devices: ${trouble.detail}`,
    });
  }
  return concerns;
}

/** The gateway's figures for Prometheus: counted where things happen, read when somebody asks. */
import { Counter, type CounterConfiguration, Gauge, Histogram, Registry } from "prom-client";
import type { SinkState } from "./sink.ts";

/** Where the figures come from. All counters rise only, from 0 at the start of the process. */
export interface MetricsSource {
  readonly version: string;
  /** Authentic messages that are on disk. */
  received(): number;
  /** Messages that were refused, by fault code. */
  rejected(): Figures;
  /** Messages that came again and were acknowledged again. */
  duplicates(): number;
  /** Records that a sink has confirmed, by sink. */
  delivered(): Figures;
  /** Records given up, by sink and reason. */
  dropped(): readonly { readonly sink: string; readonly reason: string; readonly records: number }[];
  /** Alarms raised, by what they are about. */
  alarms(): Figures;
  /** Messages that are missing, over all devices. */
  missing(): number;
  spool(): SpoolFigures;
  /** By name. */
  sinks(): Readonly<Record<string, SinkState>>;
  /** Frames by link and by what became of them: "received", "sent", or why one was refused. */
  frames(): Readonly<Record<string, Figures>>;
  /** Calls the listener with the length in seconds of each sync of the spool from now on. */
  onSync(listener: (seconds: number) => void): void;
}

export type Figures = Readonly<Record<string, number>>;

export interface SpoolFigures {
  /** Bytes that a sink has not confirmed yet. */
  readonly bytes: number;
  /** Most bytes it may hold. */
  readonly capacity: number;
  /** Age in seconds of what has waited longest for a sink; 0 when nothing waits. */
  readonly oldestAge: number;
}

/** Seconds: from a good disk to an SD card that is busy with itself. */
const syncBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** The registry of one gateway, filled from the source at each scrape. */
export function createMetrics(source: MetricsSource): Registry {
  const registry = new Registry();
  const parts = { registry, source };
  counter(parts, "messages_received_total", "Authentic messages on disk.", [], () => [
    { value: source.received(), labels: {} },
  ]);
  counter(parts, "messages_rejected_total", "Messages refused, by reason.", ["reason"], () =>
    labelled("reason", source.rejected()),
  );
  counter(parts, "messages_duplicates_total", "Messages that came again.", [], () => [
    { value: source.duplicates(), labels: {} },
  ]);
  counter(parts, "messages_delivered_total", "Records confirmed by a sink.", ["sink"], () =>
    labelled("sink", source.delivered()),
  );
  counter(parts, "dropped_records_total", "Records given up, by sink and reason.", ["sink", "reason"], () =>
    source.dropped().map(({ sink, reason, records }) => ({ value: records, labels: { sink, reason } })),
  );
  counter(parts, "frames_total", "Frames by link and result.", ["link", "result"], () =>
    Object.entries(source.frames()).flatMap(([link, results]) =>
      Object.entries(results).map(([result, value]) => ({ value, labels: { link, result } })),
    ),
  );
  counter(parts, "alarms_total", "Things that somebody must look at, by what they are.", ["alarm"], () =>
    labelled("alarm", source.alarms()),
  );
  gauge(parts, "missing_messages", "Messages that devices numbered and that never came.", () =>
    source.missing(),
  );
  gauge(parts, "spool_bytes", "Bytes that wait for a sink.", () => source.spool().bytes);
  gauge(parts, "spool_capacity_bytes", "Most bytes the spool may hold.", () => source.spool().capacity);
  gauge(parts, "spool_oldest_age_seconds", "Age of what waits longest.", () => source.spool().oldestAge);
  connected(parts);
  syncs(parts);
  const build = new Gauge({
    name: "dreihasen_build_info",
    help: "Always 1.",
    labelNames: ["version", "node"],
    registers: [registry],
  });
  build.set({ version: source.version, node: process.versions.node }, 1);
  return registry;
}

interface Parts {
  readonly registry: Registry;
  readonly source: MetricsSource;
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

function labelled(label: string, figures: Figures): Sample[] {
  return Object.entries(figures).map(([name, value]) => ({ value, labels: { [label]: name } }));
}

function counter(
  { registry }: Parts,
  name: string,
  help: string,
  labelNames: string[],
  read: () => readonly Sample[],
): void {
  const options: CounterConfiguration<string> = {
    name: `dreihasen_${name}`,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const { value, labels } of read()) {
        this.inc({ ...labels }, value);
      }
    },
  };
  new Counter(options);
}

function gauge({ registry }: Parts, name: string, help: string, read: () => number): void {
  new Gauge({
    name: `dreihasen_${name}`,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

function connected({ registry, source }: Parts): void {
  new Gauge({
    name: "dreihasen_sink_connected",
    help: "1 while a sink takes records.",
    labelNames: ["sink"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [sink, state] of Object.entries(source.sinks())) {
        this.set({ sink }, state.connected ? 1 : 0);
      }
    },
  });
}

function syncs({ registry, source }: Parts): void {
  const histogram = new Histogram({
    name: "dreihasen_fsync_duration_seconds",
    help: "Length of each sync of the spool.",
    buckets: syncBuckets,
    registers: [registry],
  });
  source.onSync((seconds) => histogram.observe(seconds));
}

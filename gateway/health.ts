/** Whether the gateway is well, and its figures: /healthz and /metrics on loopback, for monitors and for people with curl. */
import { type ServerType, serve } from "@hono/node-server";
import { Hono } from "hono";
import type { Address } from "./config/schema.ts";
import { createMetrics, type MetricsSource } from "./metrics.ts";
import type { Gap } from "./sink.ts";
import type { SpoolStatus } from "./spool-status.ts";
import { problemOfSystemError } from "./system-error.ts";

/** Something a person should know. `failing`: the gateway does not do its work. `degraded`: it does, but something is in the way. */
export interface Concern {
  readonly level: "failing" | "degraded";
  /** Which part: "spool", "sink city", "link mqtt 127.0.0.1:1883". */
  readonly part: string;
  readonly reason: string;
}

export interface HealthSource extends MetricsSource {
  /** Seconds since the start. */
  uptime(): number;
  concerns(): readonly Concern[];
  /** What is missing, by device. */
  gaps(): GapReport;
  /** How full the spool is and how far the sinks are behind; dearer to gather than what /healthz shows. */
  spoolStatus(): SpoolStatus;
}

/** What GET /gaps answers and `hasen gaps` shows. */
export interface GapReport {
  /** Messages that never came, as ranges of numbers. */
  readonly gaps: readonly Gap[];
  /** Rows that devices lost before they sealed them, by URN, as they count themselves. */
  readonly rowsDropped: Readonly<Record<string, number>>;
}

export interface HealthServer {
  /** Where it listens; the port is the system's choice where 0 was asked for. */
  readonly address: Address;
  /** Resolves within a second. */
  stop(): Promise<void>;
}

/** Starts it; rejects with a ProblemError where the address cannot be listened on. */
export async function startHealth(listen: Address, source: HealthSource): Promise<HealthServer> {
  const server = await listening(healthApp(source), listen);
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : listen.port;
  return { address: { host: listen.host, port }, stop: () => closed(server) };
}

/** The pages, without a server. */
export function healthApp(source: HealthSource): Hono {
  const metrics = createMetrics(source);
  const app = new Hono();
  app.get("/healthz", (context) => {
    const concerns = source.concerns();
    const failing = concerns.some(({ level }) => level === "failing");
    const status = failing ? "failing" : concerns.length > 0 ? "degraded" : "ok";
    const body = {
      status,
      reasons: concerns,
      version: source.version,
      uptime: Math.floor(source.uptime()),
      spool: source.spool(),
      sinks: source.sinks(),
    };
    return context.json(body, failing ? 503 : 200, { "Cache-Control": "no-store" });
  });
  app.get("/gaps", (context) => context.json(source.gaps(), 200, { "Cache-Control": "no-store" }));
  app.get("/spool", (context) => context.json(source.spoolStatus(), 200, { "Cache-Control": "no-store" }));
  app.get("/metrics", async (context) =>
    context.body(await metrics.metrics(), 200, { "Content-Type": metrics.contentType }),
  );
  return app;
}

function listening(app: Hono, listen: Address): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: listen.host, port: listen.port }, () =>
      resolve(server),
    );
    server.once("error", (error) => reject(problemOfSystemError(error, `${listen.host}:${listen.port}`)));
  });
}

function closed(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ("closeAllConnections" in server) {
      server.closeAllConnections();
    }
  });
}

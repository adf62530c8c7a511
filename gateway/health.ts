/** Whether the gateway is well, and its figures: /healthz and /metrics on loopback, for monitors and for people with curl. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { Address } from "./config/schema.ts";
import type { MetricsSource } from "./metrics.ts";
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

/** The pages are loaded when somebody asks, or this long after the start, ms: what they need takes as long to load as all the rest. */
const pagesAfter = 2000;

/** Starts it; rejects with a ProblemError where the address cannot be listened on. */
export async function startHealth(listen: Address, source: HealthSource): Promise<HealthServer> {
  let loading: Promise<RequestListener> | null = null;
  const pages = () => {
    loading ??= import("./health-pages.ts").then(({ healthListener }) => healthListener(source));
    return loading;
  };
  const server = await listening((request, response) => {
    pages().then(
      (listener) => listener(request, response),
      () => response.writeHead(500).end("the program's files have changed: start it anew\n"),
    );
  }, listen);
  const soon = setTimeout(() => pages().catch(() => undefined), pagesAfter).unref();
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : listen.port;
  return {
    address: { host: listen.host, port },
    stop: () => {
      clearTimeout(soon);
      return closed(server);
    },
  };
}

function listening(answer: RequestListener, listen: Address): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(answer);
    server.once("error", (error) => reject(problemOfSystemError(error, `${listen.host}:${listen.port}`)));
    server.listen(listen.port, listen.host, () => resolve(server));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** What /healthz, /gaps, /spool and /metrics show. */
import type { RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { HealthSource } from "./health.ts";
import { createMetrics } from "./metrics.ts";

/** The pages, without a server. */
export function healthPages(source: HealthSource): Hono {
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

/** The pages for a server of Node's. */
export function healthListener(source: HealthSource): RequestListener {
  return getRequestListener(healthPages(source).fetch);
}

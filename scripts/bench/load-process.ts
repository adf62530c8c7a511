/** The load generator's own process: 50 connections or so, each with messages made beforehand, sent when the bench says so. */
import { randomBytes } from "node:crypto";
import { encodeUp } from "../../protocols/message.ts";
import { shapeValue } from "../../protocols/shape.ts";
import { LoadLine } from "./load-line.ts";
import type { LineOrder, LoadAnswer, LoadOrder, Moments, PayloadKind, Sent } from "./load-order.ts";
import { percentile } from "./runner.ts";
import { powerPacks, powerShape, Sender } from "./sealed-load.ts";

interface Station {
  readonly line: LoadLine;
  readonly order: LineOrder;
  readonly sender: Sender | null;
  /** Number of the first message that is loaded. */
  first: number;
}

let stations: Station[] = [];
let payloadBytes = 0;

/** Does what the parent process orders, one order at a time, until it goes. */
export function serveLoad(): void {
  process.on("message", (order: LoadOrder) => {
    obey(order).then(
      (sent) => answer({ ...(sent !== null && { sent }) }),
      (error) => answer({ error: String(error) }),
    );
  });
  process.on("disconnect", () => process.exit());
}

function answer(message: LoadAnswer): void {
  process.send?.(message);
}

async function obey(order: LoadOrder): Promise<Sent | null> {
  switch (order.type) {
    case "connect":
      stations = await Promise.all(order.lines.map((line) => connected(order.port, line)));
      return null;
    case "load":
      load(order.payload, order.each, order.lines ?? stations.length);
      return null;
    case "send":
      return order.perSecond === undefined ? await flood() : await pace(order.perSecond);
  }
}

async function connected(port: number, order: LineOrder): Promise<Station> {
  const line = await LoadLine.open(port, order, order.hears);
  const { device, epoch } = order;
  return { line, order, sender: device === undefined ? null : new Sender(device, epoch), first: 0 };
}

function load(kind: PayloadKind, each: number, lines: number): void {
  let bytes = 0;
  let messages = 0;
  stations.forEach((station, i) => {
    const { line, order, sender } = station;
    const body = bodies(kind);
    station.first = sender?.piv ?? 0;
    const payloads = Array.from({ length: i < lines ? each : 0 }, () =>
      sender === null ? body() : sender.frame(body()),
    );
    bytes += payloads.reduce((sum, { length }) => sum + length, 0);
    messages += payloads.length;
    line.load(order.topic, payloads);
  });
  payloadBytes = bytes / messages;
}

function bodies(kind: PayloadKind): () => Uint8Array {
  if (kind === "shape") {
    return () => encodeUp({ type: "shape", shape: shapeValue(powerShape) });
  }
  return "rows" in kind ? powerPacks(kind.rows) : () => randomBytes(kind.bytes);
}

/** Every line as fast as its window lets it. */
function flood(): Promise<Sent> {
  return new Promise((resolve) => {
    const start = performance.now();
    let left = stations.filter(({ line }) => !line.whole).length;
    for (const { line } of stations.filter(({ line }) => !line.whole)) {
      line.flood(() => {
        if (line.whole && --left === 0) {
          resolve(summary(start));
        }
      });
    }
  });
}

/** So many messages a second over all lines in turn, whatever is acknowledged. */
function pace(perSecond: number): Promise<Sent> {
  return new Promise((resolve) => {
    const start = performance.now();
    const all = stations.length * stations[0].line.latencies.length;
    let acknowledged = 0;
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.min(all, ((performance.now() - start) * perSecond) / 1000);
      while (sent < due) {
        stations[sent++ % stations.length].line.step(() => {
          if (++acknowledged === all) {
            clearInterval(timer);
            resolve({ ...summary(start), moments: moments() });
          }
        });
      }
    }, 1);
  });
}

function moments(): Moments[] {
  return stations.map(({ order, line, first }) => ({ device: order.clientId, first, sent: line.moments }));
}

function summary(start: number): Sent {
  const seconds = (performance.now() - start) / 1000;
  const latencies = stations.flatMap(({ line }) => [...line.latencies]);
  const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
  return { messages: latencies.length, seconds, payloadBytes, p50, p99 };
}

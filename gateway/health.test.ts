import { afterEach, describe, expect, it } from "vitest";
import { type Concern, type HealthSource, startHealth } from "./health.ts";
import { healthPages } from "./health-pages.ts";
import { ProblemError } from "./problem.ts";

function source(changes: Partial<HealthSource> = {}): HealthSource & { sync: (seconds: number) => void } {
  const listeners: ((seconds: number) => void)[] = [];
  return {
    version: "0.1.0",
    uptime: () => 12.7,
    concerns: () => [],
    received: () => 41,
    rejected: () => ({ "bad-tag": 2, "unknown-device": 1 }),
    duplicates: () => 3,
    delivered: () => ({ city: 40, file: 41 }),
    dropped: () => [{ sink: "city", reason: "full", records: 7 }],
    alarms: () => ({ "source-slowed": 2 }),
    missing: () => 3,
    spoolStatus: () => ({ folder: "/spool", rings: [], sinks: [], drops: [] }),
    gaps: () => ({ gaps: [], rowsDropped: { "urn:dev:ops:pb-meter-1": 2 } }),
    spool: () => ({ bytes: 1000, capacity: 64_000, oldestAge: 2.5 }),
    sinks: () => ({
      city: { connected: false, trouble: "no network" },
      file: { connected: true, trouble: null },
    }),
    frames: () => ({ "serial /dev/ttyUSB0": { received: 50, sent: 40, checksum: 4 } }),
    onSync: (listener) => listeners.push(listener),
    sync: (seconds) => {
      for (const listener of listeners) {
        listener(seconds);
      }
    },
    ...changes,
  };
}

async function page(path: string, from: HealthSource) {
  const response = await healthPages(from).request(path);
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

async function metrics(from: HealthSource): Promise<string[]> {
  return (await page("/metrics", from)).text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) {
    await end();
  }
});

describe("/spool", () => {
  it("answers with what hasen spool status shows", async () => {
    const { status, text } = await page("/spool", source());
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ folder: "/spool", rings: [], sinks: [], drops: [] });
  });
});

describe("/healthz", () => {
  it("answers 200 and ok when nothing is in the way", async () => {
    const { status, text } = await page("/healthz", source());
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      status: "ok",
      reasons: [],
      version: "0.1.0",
      uptime: 12,
      spool: { bytes: 1000, capacity: 64_000, oldestAge: 2.5 },
      sinks: { city: { connected: false, trouble: "no network" }, file: { connected: true, trouble: null } },
    });
  });

  it("answers 200 with the reason while the gateway buffers for a dead sink", async () => {
    const concern: Concern = { level: "degraded", part: "sink city", reason: "no network" };
    const { status, text } = await page("/healthz", source({ concerns: () => [concern] }));
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ status: "degraded", reasons: [concern] });
  });

  it("answers 503 with the reason when nothing can be stored", async () => {
    const concern: Concern = { level: "failing", part: "spool", reason: "the disk is full" };
    const { status, text } = await page("/healthz", source({ concerns: () => [concern] }));
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ status: "failing", reasons: [concern] });
  });
});

describe("/metrics", () => {
  it("holds every figure under its name", async () => {
    const lines = await metrics(source());
    expect(lines).toEqual(
      expect.arrayContaining([
        "dreihasen_messages_received_total 41",
        'dreihasen_messages_rejected_total{reason="bad-tag"} 2',
        'dreihasen_messages_rejected_total{reason="unknown-device"} 1',
        "dreihasen_messages_duplicates_total 3",
        'dreihasen_messages_delivered_total{sink="city"} 40',
        'dreihasen_messages_delivered_total{sink="file"} 41',
        'dreihasen_dropped_records_total{sink="city",reason="full"} 7',
        'dreihasen_frames_total{link="serial /dev/ttyUSB0",result="received"} 50',
        'dreihasen_frames_total{link="serial /dev/ttyUSB0",result="checksum"} 4',
        "dreihasen_spool_bytes 1000",
        "dreihasen_spool_capacity_bytes 64000",
        "dreihasen_spool_oldest_age_seconds 2.5",
        'dreihasen_sink_connected{sink="city"} 0',
        'dreihasen_sink_connected{sink="file"} 1',
        `dreihasen_build_info{version="0.1.0",node="${process.versions.node}"} 1`,
      ]),
    );
  });

  it("is read anew at each scrape", async () => {
    let received = 1;
    const app = healthPages(source({ received: () => received }));
    const read = async () =>
      (await (await app.request("/metrics")).text()).match(/received_total (\d+)/)?.[1];
    expect(await read()).toBe("1");
    received = 5;
    expect(await read()).toBe("5");
    expect(await read()).toBe("5");
  });

  it("counts syncs by their length", async () => {
    const from = source();
    const app = healthPages(from);
    from.sync(0.0007);
    from.sync(0.02);
    const text = await (await app.request("/metrics")).text();
    expect(text).toContain('dreihasen_fsync_duration_seconds_bucket{le="0.001"} 1');
    expect(text).toContain('dreihasen_fsync_duration_seconds_bucket{le="0.025"} 2');
    expect(text).toContain("dreihasen_fsync_duration_seconds_count 2");
  });

  it("keeps two gateways in one process apart", async () => {
    const one = await metrics(source({ received: () => 1 }));
    const two = await metrics(source({ received: () => 2 }));
    expect(one).toContain("dreihasen_messages_received_total 1");
    expect(two).toContain("dreihasen_messages_received_total 2");
  });
});

describe("the health server", () => {
  it("answers over HTTP, and stops though somebody keeps a connection open", async () => {
    const server = await startHealth({ host: "127.0.0.1", port: 0 }, source());
    const url = `http://127.0.0.1:${server.address.port}`;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/metrics`)).headers.get("content-type")).toContain("text/plain");
    expect((await fetch(`${url}/anything`)).status).toBe(404);
    const start = performance.now();
    await server.stop();
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("says who is in the way when its port is taken", async () => {
    const first = await startHealth({ host: "127.0.0.1", port: 0 }, source());
    endings.push(() => first.stop());
    const error = await startHealth(first.address, source()).catch((reason) => reason);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error.message).toContain(String(first.address.port));
  });
});

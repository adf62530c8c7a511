import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { deviceCount, EdgeGateway } from "./edge-gateway.ts";
import type { Sent } from "./load-order.ts";
import { LoopDevice } from "./loop-device.ts";
import { median, percentile } from "./runner.ts";

const perSecond = 1000;
const seconds = 10;
/** A pack of so many power readings is a frame of about 100 bytes. */
const rows = 16;
/** Messages that fill the ring of 8 MiB more than once, so that its segments are recycled, as they are for all of its life. */
const fillEach = 1600;

/** Writes after each round that show how long this disk takes. */
const syncsEach = 200;

/** What 1,000 messages a second of 100 bytes wear a card: bytes that reach the device for each byte of payload, journal included. */
export const wearBenches: readonly Bench[] = [20, 100].map((linger) => ({
  name: `wear-${linger}ms`,
  unit: "device bytes/payload byte",
  peer: null,
  lessIsBetter: true,
  rounds: 3,
  prepare: async () => {
    const device = LoopDevice.open();
    if (typeof device === "string") {
      return { unmeasured: device };
    }
    const edge = { spool: join(device.folder, "spool"), bytes: "8 MiB", linger: `${linger} ms` };
    const gateway = await EdgeGateway.create(edge);
    await gateway.start();
    await gateway.connect();
    await gateway.load.load(fillEach, { rows });
    await gateway.load.send();
    const syncs: number[] = [];
    const sent: (Sent & { readonly writes: number })[] = [];
    return {
      ours: async () => {
        await gateway.load.load((perSecond * seconds) / deviceCount, { rows });
        const before = device.written();
        const run = await gateway.load.send(perSecond);
        const after = device.written();
        syncs.push(...device.syncs(syncsEach));
        sent.push({ ...run, writes: (after.writes - before.writes) / run.seconds });
        return (after.bytes - before.bytes) / (run.messages * run.payloadBytes);
      },
      theirs: null,
      extra: () => {
        const middle = (figure: (run: (typeof sent)[number]) => number) =>
          Number(median(sent.map(figure)).toFixed(1));
        return {
          "ack p50 ms": middle(({ p50 }) => p50),
          "ack p99 ms": middle(({ p99 }) => p99),
          "fdatasync alone p99 ms": Number(percentile(syncs, 0.99).toFixed(1)),
          "payload bytes": middle(({ payloadBytes }) => payloadBytes),
          "device writes/s": middle(({ writes }) => writes),
        };
      },
      close: async () => {
        await gateway.stop();
        device.close();
      },
    };
  },
}));

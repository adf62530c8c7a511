import { startMosquitto } from "../../hil-tests/mosquitto.ts";
import { writeBacklog } from "./backlog.ts";
import type { Bench } from "./bench.ts";
import { generous, noMosquitto } from "./city.ts";
import { deviceCount, EdgeGateway } from "./edge-gateway.ts";
import { LiveEar } from "./live-ear.ts";
import type { Moments } from "./load-order.ts";
import { median, percentile } from "./runner.ts";

const backlogRecords = 1_000_000;
/** Of the live messages; those in the backlog are of the epoch before. */
const liveEpoch = 2;
/** Live messages a second, over all devices, and how many. */
const perSecond = 500;
const messages = 2000;
/** Before them, so that the figures are not those of a process that has just begun. */
const warmUp = 500;
/** How long the last of them may take, ms. */
const arriveWithin = 60_000;

/**
 * How long a record takes from its device to the city, p99, while a million records that waited go there too; beside the same gateway
 * with nothing waiting. Devices send 500 messages of one record a second; the commit's 20 ms are in both figures.
 */
export const liveWhileDraining: Bench = {
  name: "live-while-draining",
  unit: "p99 ms",
  peer: "the same without a backlog",
  lessIsBetter: true,
  rounds: 3,
  prepare: async () => {
    const missing = noMosquitto();
    if (missing !== null) {
      return missing;
    }
    const city = await startMosquitto({ lines: generous });
    const gateway = await EdgeGateway.create({ cityPort: city.port });
    const drained: Live[] = [];
    const idle: Live[] = [];
    const round = async (among: Live[], records: number): Promise<number> => {
      gateway.empty();
      if (records > 0) {
        await writeBacklog(gateway.spool, gateway.entries, { records, rows: 1 });
      }
      const live = await liveRound(gateway, city.port);
      among.push(live);
      return percentile(live.latencies, 0.99);
    };
    return {
      ours: () => round(drained, backlogRecords),
      theirs: () => round(idle, 0),
      extra: () => ({
        "draining: p50 ms": middle(drained, ({ latencies }) => percentile(latencies, 0.5)),
        "draining: longest ms": middle(drained, ({ latencies }) => Math.max(...latencies)),
        "draining: live messages meanwhile": middle(drained, ({ latencies }) => latencies.length),
        "draining: backlog records/s": middle(drained, ({ backlogPerSecond }) => backlogPerSecond),
        "idle: p50 ms": middle(idle, ({ latencies }) => percentile(latencies, 0.5)),
      }),
      close: () => Promise.all([gateway.stop(), city.stop()]).then(() => {}),
    };
  },
};

interface Live {
  /** ms from device to city, of what was sent while the backlog drained, or of all where there is none. */
  readonly latencies: readonly number[];
  readonly backlogPerSecond: number;
}

async function liveRound(gateway: EdgeGateway, cityPort: number): Promise<Live> {
  const ear = await LiveEar.listen(cityPort, liveEpoch);
  try {
    await gateway.start();
    await gateway.connect(liveEpoch);
    await gateway.load.load(warmUp / deviceCount, { rows: 1 });
    await gateway.load.send(perSecond);
    await gateway.load.load(messages / deviceCount, { rows: 1 });
    const before = { others: ear.others, at: performance.timeOrigin + performance.now() };
    const { moments = [] } = await gateway.load.send(perSecond);
    const deadline = performance.now() + arriveWithin;
    while (ear.arrived.size < warmUp + messages && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const others = ear.others - before.others;
    const until = others > 0 ? ear.lastOther : Number.POSITIVE_INFINITY;
    return {
      latencies: latenciesOf(moments, ear, until),
      backlogPerSecond: others === 0 ? 0 : Math.round((others * 1000) / (ear.lastOther - before.at)),
    };
  } finally {
    await gateway.end("SIGKILL");
    ear.close();
  }
}

function latenciesOf(moments: readonly Moments[], ear: LiveEar, until: number): number[] {
  return moments.flatMap(({ device, first, sent }) =>
    [...sent].flatMap((at, i) => {
      const arrived = ear.arrived.get(`${device}/${first + i}`);
      if (arrived === undefined) {
        throw new Error(`message ${first + i} of ${device} did not arrive`);
      }
      return at <= until ? [arrived - at] : [];
    }),
  );
}

function middle(rounds: readonly Live[], figure: (round: Live) => number): number {
  return Number(median(rounds.map(figure)).toFixed(1));
}

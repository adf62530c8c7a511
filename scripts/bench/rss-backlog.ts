import { writeBacklog } from "./backlog.ts";
import type { Bench } from "./bench.ts";
import { City, noMosquitto, recordMark } from "./city.ts";
import { EdgeGateway } from "./edge-gateway.ts";
import { processMemory } from "./process-memory.ts";
import { median } from "./runner.ts";

/** How long a gateway is left alone before its memory is looked at, and how long it drains meanwhile, ms. */
const settleFor = 3000;
const drainFor = 5000;

/** Resident memory of a gateway with ten million records waiting for a city that is away; beside it idle, and while it drains. */
export const rssBacklog: Bench = {
  name: "rss-backlog",
  unit: "MB",
  peer: null,
  lessIsBetter: true,
  rounds: 3,
  prepare: async () => {
    const missing = noMosquitto();
    if (missing !== null) {
      return missing;
    }
    const idle = await EdgeGateway.create({ cityPort: 1 });
    const waiting = await EdgeGateway.create({ cityPort: 1 });
    await writeBacklog(waiting.spool, waiting.entries);
    const city = await City.start(recordMark);
    const figures = { idle: [] as number[], startPeak: [] as number[], draining: [] as number[] };
    return {
      ours: async () => {
        figures.idle.push((await settled(idle)).resident);
        const { resident, peak } = await settled(waiting);
        figures.startPeak.push(peak);
        figures.draining.push(await draining(waiting, city.mosquitto.port));
        return resident;
      },
      theirs: null,
      extra: () => ({
        "idle MB": Math.round(median(figures.idle)),
        "peak of the start MB": Math.round(median(figures.startPeak)),
        "peak while draining MB": Math.round(median(figures.draining)),
      }),
      close: () => Promise.all([idle.stop(), waiting.stop(), city.stop()]).then(() => {}),
    };
  },
};

async function settled(gateway: EdgeGateway): Promise<{ resident: number; peak: number }> {
  await gateway.start();
  await new Promise((resolve) => setTimeout(resolve, settleFor));
  const memory = processMemory(gateway.pid);
  await gateway.end("SIGKILL");
  return memory;
}

/** The most it had while it drained; the backlog is far larger than what leaves meanwhile. */
async function draining(gateway: EdgeGateway, cityPort: number): Promise<number> {
  gateway.configure({ cityPort });
  await gateway.start();
  await new Promise((resolve) => setTimeout(resolve, drainFor));
  const { peak } = processMemory(gateway.pid);
  await gateway.end("SIGKILL");
  gateway.configure({ cityPort: 1 });
  return peak;
}

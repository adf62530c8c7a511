import type { Bench } from "./bench.ts";
import { type City, noMosquitto } from "./city.ts";
import { deviceCount } from "./edge-gateway.ts";
import { startEdgePair } from "./edge-pair.ts";
import type { Load } from "./load.ts";
import type { PayloadKind } from "./load-order.ts";

const messages = 200_000;

/**
 * The city is away while 200,000 messages of one record come in, then it is back: records a second from the first that arrives to the
 * last; against mosquitto's bridge with as many messages of 100 bytes in its memory.
 */
export const drain: Bench = {
  name: "drain",
  unit: "records/s",
  peer: "mosquitto bridge",
  rounds: 3,
  prepare: async () => {
    const missing = noMosquitto();
    if (missing !== null) {
      return missing;
    }
    const edges = await startEdgePair();
    const returns: number[] = [];
    return {
      ours: async () => {
        const { perSecond, firstAfter } = await outage(edges.city, edges.gateway, { rows: 1 });
        returns.push(firstAfter);
        return perSecond;
      },
      theirs: async () => (await outage(edges.bridgeCity, edges.bridge, { bytes: 100 })).perSecond,
      extra: () => ({ "ours: ms until the first record": Math.round(Math.max(...returns)) }),
      close: () => edges.stop(),
    };
  },
};

interface Edge {
  readonly load: Load;
  readonly pid: number;
}

async function outage(
  city: City,
  { load, pid }: Edge,
  payload: PayloadKind,
): Promise<{ perSecond: number; firstAfter: number }> {
  await load.load(messages / deviceCount, payload);
  await city.down();
  await load.send();
  // Halted until somebody counts at the city, so that nothing arrives unseen.
  process.kill(pid, "SIGSTOP");
  try {
    await city.up();
  } finally {
    process.kill(pid, "SIGCONT");
  }
  const start = performance.now();
  const { milliseconds, after, at } = await city.ear.expect(messages);
  return { perSecond: (after * 1000) / milliseconds, firstAfter: at - milliseconds - start };
}

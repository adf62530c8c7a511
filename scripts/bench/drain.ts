import type { Bench } from "./bench.ts";
import { City, noMosquitto, recordMark } from "./city.ts";
import { EdgeBridge } from "./edge-bridge.ts";
import { deviceCount, EdgeGateway } from "./edge-gateway.ts";
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
    const cities = [await City.start(recordMark), await City.start(null)] as const;
    const gateway = await EdgeGateway.create({ cityPort: cities[0].mosquitto.port });
    await gateway.start();
    await gateway.connect();
    const bridge = await EdgeBridge.start(cities[1].mosquitto.port);
    const returns: number[] = [];
    return {
      ours: async () => {
        const { perSecond, firstAfter } = await outage(cities[0], gateway, { rows: 1 });
        returns.push(firstAfter);
        return perSecond;
      },
      theirs: async () => (await outage(cities[1], bridge, { bytes: 100 })).perSecond,
      extra: () => ({ "ours: ms until the first record": Math.round(Math.max(...returns)) }),
      close: async () => {
        await Promise.all([gateway.stop(), bridge.stop(), ...cities.map((city) => city.stop())]);
      },
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

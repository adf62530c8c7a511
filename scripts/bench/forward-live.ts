import type { Bench } from "./bench.ts";
import { noMosquitto } from "./city.ts";
import { deviceCount } from "./edge-gateway.ts";
import { startEdgePair } from "./edge-pair.ts";
import { Forwarding } from "./forwarding.ts";

/**
 * From fifty devices to the city's broker, 20 messages of each on their way at once: sealed messages of one record, verified and on
 * disk before their PUBACK, against the same generator with messages of 100 bytes through a mosquitto with a bridge, in memory.
 */
export const forwardLive: Bench = forwardBench("forward-live", 1);

/** The same with packs of 24 rows of one reading: records against messages. */
export const forwardPacks: Bench = forwardBench("forward-packs", 24);

/** Messages of one device in a round, ours and the peer's. */
const each = 600;

function forwardBench(name: string, rows: number): Bench {
  return {
    name,
    unit: rows === 1 ? "records/s" : "records/s, messages/s",
    peer: "mosquitto bridge",
    prepare: async () => {
      const missing = noMosquitto();
      if (missing !== null) {
        return missing;
      }
      const edges = await startEdgePair();
      const ours = new Forwarding(edges.city, edges.gateway);
      const theirs = new Forwarding(edges.bridgeCity, edges.bridge);
      return {
        ours: () => ours.round({ each, payload: { rows }, records: deviceCount * each * rows }),
        theirs: () => theirs.round({ each, payload: { bytes: 100 }, records: deviceCount * each }),
        extra: () => ({ ...ours.figures("ours"), ...theirs.figures("bridge") }),
        close: () => edges.stop(),
      };
    },
  };
}

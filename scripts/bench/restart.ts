import { writeBacklog } from "./backlog.ts";
import type { Bench } from "./bench.ts";
import { City, noMosquitto, recordMark } from "./city.ts";
import { EdgeGateway } from "./edge-gateway.ts";
import { processCpu } from "./process-cpu.ts";
import { median } from "./runner.ts";

/** From the start of the gateway's process, after a kill -9 with ten million records waiting, to the first record at the city. */
export const restart: Bench = {
  name: "restart",
  unit: "ms",
  peer: null,
  lessIsBetter: true,
  prepare: async () => {
    const missing = noMosquitto();
    if (missing !== null) {
      return missing;
    }
    const city = await City.start(recordMark);
    const gateway = await EdgeGateway.create({ cityPort: city.mosquitto.port });
    await writeBacklog(gateway.spool, gateway.entries);
    const cpu: number[] = [];
    return {
      ours: async () => {
        const arrived = city.ear.expect(1);
        const start = performance.now();
        gateway.launch();
        const { at } = await arrived;
        cpu.push(processCpu(gateway.pid) / 1000);
        await gateway.end("SIGKILL");
        return at - start;
      },
      theirs: null,
      extra: () => ({ "of it CPU ms": Math.round(median(cpu)) }),
      close: () => Promise.all([gateway.stop(), city.stop()]).then(() => {}),
    };
  },
};

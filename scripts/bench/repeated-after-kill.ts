import type { Socket } from "node:net";
import { startMosquitto } from "../../hil-tests/mosquitto.ts";
import { writeBacklog } from "./backlog.ts";
import type { Bench } from "./bench.ts";
import { generous, noMosquitto } from "./city.ts";
import { identityMark, listenToCity } from "./city-line.ts";
import { deviceCount, EdgeGateway } from "./edge-gateway.ts";
import { median } from "./runner.ts";

const backlogRecords = 300_000;
const messages = 200_000;
/** The gateway is killed when so many have arrived. */
const killedAt = 100_000;
/** The MQTT sink's window of 4 deliveries of 2,000 records. */
const inFlightWindow = 8000;
/** Without anything new for so long, all that will come has come, ms. */
const quietFor = 1500;
const arriveWithin = 60_000; // ms
/** For what the broker had when the gateway died, ms. */
const brokerNeeds = 300;

/** Records that a city gets once more because the gateway was killed (kill -9) while a backlog drained, or under full load. */
export const repeatedAfterKill: Bench = {
  name: "repeated-after-kill",
  unit: "records",
  peer: "one in-flight window",
  lessIsBetter: true,
  rounds: 3,
  prepare: async () => {
    const missing = noMosquitto();
    if (missing !== null) {
      return missing;
    }
    const city = await startMosquitto({ lines: generous });
    const gateway = await EdgeGateway.create({ cityPort: city.port });
    const underLoad: number[] = [];
    return {
      ours: async () => {
        underLoad.push(await killed(gateway, city.port, () => flood(gateway)));
        return killed(gateway, city.port, async () => {
          await writeBacklog(gateway.spool, gateway.entries, { records: backlogRecords, rows: 1 });
          await gateway.start();
        });
      },
      theirs: async () => inFlightWindow,
      extra: () => ({
        "under load": median(underLoad),
        "under load, most": Math.max(...underLoad),
      }),
      close: () => Promise.all([gateway.stop(), city.stop()]).then(() => {}),
    };
  },
};

/** Starts a life of the gateway, kills it in the middle, lets the next one finish; how many records came again. */
async function killed(gateway: EdgeGateway, cityPort: number, begin: () => Promise<void>): Promise<number> {
  const ear = await RepeatEar.listen(cityPort);
  try {
    gateway.empty();
    await begin();
    await passes(() => ear.records >= killedAt);
    gateway.hangUp();
    await gateway.end("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, brokerNeeds));
    const before = ear.records;
    await gateway.start();
    await passes(() => ear.records > before && performance.now() - ear.last > quietFor);
    await gateway.end("SIGKILL");
    return ear.records - ear.identities.size;
  } finally {
    ear.close();
  }
}

/** What is sent is cut off with the gateway; nobody waits for it. */
async function flood(gateway: EdgeGateway): Promise<void> {
  await gateway.start();
  await gateway.connect();
  await gateway.load.load(messages / deviceCount, { rows: 1 });
  gateway.load.send().catch(() => {});
}

async function passes(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + arriveWithin;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error("the records did not arrive");
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

class RepeatEar {
  records = 0;
  /** When the last one came, ms. */
  last = performance.now();
  /** `<device>/<epoch>/<message>/<row>` of every record. */
  readonly identities = new Set<string>();
  #socket: Socket | null = null;

  static async listen(port: number): Promise<RepeatEar> {
    const ear = new RepeatEar();
    ear.#socket = await listenToCity(port, "bench-repeat-ear", (...message) => ear.#hear(...message));
    return ear;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #hear(device: string, body: string, topicEnd: number): void {
    this.last = performance.now();
    for (let at = body.indexOf(identityMark, topicEnd); at >= 0; at = body.indexOf(identityMark, at)) {
      at += identityMark.length;
      this.records++;
      this.identities.add(`${device}/${body.slice(at, body.indexOf('"', at))}`);
    }
  }
}

/** A gateway with meters at its own ports, and a city that keeps what it is told, for tests. */
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { isFault } from "../../protocols/fault.ts";
import { decodeSenmlJson, resolve, type SenmlRecord } from "../../protocols/senml.ts";
import { type GatewayRun, House } from "../bad-input/house.ts";
import { type Mosquitto, startMosquitto } from "../mosquitto.ts";
import { Plug } from "./plug.ts";

/** A city that keeps what it is told. */
export class Listener {
  readonly records: SenmlRecord[] = [];
  readonly gaps: string[] = [];
  readonly #client: MqttClient;

  constructor(client: MqttClient) {
    this.#client = client;
    client.on("message", (topic, payload) => {
      if (topic === "city/gap") {
        this.gaps.push(payload.toString("utf8"));
        return;
      }
      const pack = decodeSenmlJson(payload.toString("utf8"));
      const records = isFault(pack) ? pack : resolve(pack);
      if (isFault(records)) {
        throw new Error(records.detail);
      }
      this.records.push(...records);
    });
  }

  static async at(broker: Mosquitto): Promise<Listener> {
    const client = await connectAsync(broker.url);
    const listener = new Listener(client);
    await client.subscribeAsync("city/#", { qos: 1 });
    return listener;
  }

  of(channel: string, name = meterName): SenmlRecord[] {
    return this.records.filter(({ n }) => n === `urn:dev:ops:${name}:${channel}`);
  }

  close(): Promise<void> {
    return this.#client.endAsync(true);
  }
}

/** The meter of most tests. */
export const meterName = "pb-rathaus-meter-017";

export interface MeterSite {
  readonly house: House;
  /** The adapter at `./head`; not plugged in yet. */
  readonly head: Plug;
  readonly city: Listener;
}

/** A house with these meters in its config, nothing started and nothing plugged in. `ends` gets what ends it. */
export async function meterSite(meters: readonly string[], ends: (() => unknown)[]): Promise<MeterSite> {
  const broker = await startMosquitto();
  ends.push(() => broker.stop());
  const city = await Listener.at(broker);
  ends.push(() => city.close());
  const house = await House.open({
    sinks: [`  - { kind: mqtt, name: city, url: "${broker.url}", prefix: city, format: json }`],
    lines: ["meters:", ...meters.map((meter) => `  - ${meter}`)],
  });
  ends.push(() => house.close());
  const head = new Plug(join(house.folder, "head"));
  ends.push(() => head.unplug());
  return { house, head, city };
}

/** What stands in /healthz about a meter; null where nothing does. */
export async function troubleOf(run: GatewayRun, name = meterName): Promise<string | null> {
  const { reasons } = await run.health();
  return reasons.find(({ part }) => part === `link meter ${name}`)?.reason ?? null;
}

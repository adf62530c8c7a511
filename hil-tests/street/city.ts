/** The city: a broker of its own and a receiver that checks every record it is given. */
import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { Aedes } from "aedes";
import { connectAsync, type MqttClient } from "mqtt";
import { isFault } from "../../protocols/fault.ts";
import { decodeSenmlJson, resolve, type SenmlRecord } from "../../protocols/senml.ts";
import { startMosquitto } from "../mosquitto.ts";
import { freePort, programPath } from "../programs.ts";

export interface City {
  /** For people, e.g. "mosquitto 2.0.11". */
  readonly name: string;
  readonly port: number;
  /** MQTT version it speaks at most: mosquitto 5, the embedded one 4 (3.1.1). */
  readonly protocol: 4 | 5;
  close(): Promise<void>;
}

/** Mosquitto where it is installed, else the embedded broker. */
export async function openCity(): Promise<City> {
  const mosquitto = programPath("mosquitto");
  if (mosquitto !== null) {
    const broker = await startMosquitto();
    const version =
      /version ([0-9.]+)/.exec(spawnSync(mosquitto, ["-h"], { encoding: "utf8" }).stdout)?.[1] ?? "";
    return {
      name: `mosquitto ${version}`.trim(),
      port: broker.port,
      protocol: 5,
      close: () => broker.stop(),
    };
  }
  const aedes = await Aedes.createBroker();
  const server = createServer(aedes.handle);
  const port = await freePort();
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  const close = (): Promise<void> =>
    new Promise((closed) => {
      aedes.close(() => server.close(() => closed()));
    });
  return { name: "embedded broker", port, protocol: 4, close };
}

/** What the receiver makes of one record: whose it is and which row of which message. */
export interface Arrival {
  readonly device: string;
  readonly channel: string;
  readonly value: string;
  readonly unit: string;
  readonly epoch: number;
  readonly piv: number;
  readonly row: number;
}

export interface ReceiverHooks {
  /** A record that came for the first time. False when it can not be true: no such row was ever sealed. */
  onRecord(arrival: Arrival): boolean;
  onGap(gap: {
    readonly device: string;
    readonly epoch: number;
    readonly from: number;
    readonly to: number | null;
    readonly state: string;
  }): void;
}

/** A client of the city's broker with a session that survives, so that nothing is lost on this last step. */
export class Receiver {
  /** Records that came again; the city drops them by device + dh + n. */
  duplicates = 0;
  /** Records that nobody can have sent, or that are no SenML. */
  falseRecords = 0;
  readonly #hooks: ReceiverHooks;
  readonly #seen = new Set<string>();
  #client: MqttClient | null = null;

  constructor(hooks: ReceiverHooks) {
    this.#hooks = hooks;
  }

  async start(city: City, prefix: string): Promise<void> {
    const client = await connectAsync(`mqtt://127.0.0.1:${city.port}`, {
      protocolVersion: city.protocol,
      clientId: "city-receiver",
      clean: false,
      ...(city.protocol === 5 ? { properties: { sessionExpiryInterval: 3600 } } : {}),
    });
    this.#client = client;
    client.on("message", (topic, payload) => this.#take(topic, payload.toString("utf8"), prefix));
    await client.subscribeAsync(`${prefix}/#`, { qos: 1 });
  }

  async stop(): Promise<void> {
    await this.#client?.endAsync(true);
  }

  #take(topic: string, text: string, prefix: string): void {
    if (topic === `${prefix}/gap`) {
      this.#hooks.onGap(JSON.parse(text));
      return;
    }
    const pack = decodeSenmlJson(text);
    const records = isFault(pack) ? pack : resolve(pack);
    if (isFault(records)) {
      this.falseRecords++;
      return;
    }
    for (const record of records) {
      this.#record(record);
    }
  }

  #record(record: SenmlRecord): void {
    const arrival = arrivalOf(record);
    if (arrival === null) {
      this.falseRecords++;
      return;
    }
    const { device, channel, epoch, piv, row } = arrival;
    const identity = `${device} ${epoch}/${piv}/${row} ${channel}`;
    if (this.#seen.has(identity)) {
      this.duplicates++;
      return;
    }
    this.#seen.add(identity);
    if (!this.#hooks.onRecord(arrival)) {
      this.falseRecords++;
    }
  }
}

/** Null where a record is not as sinks make them. */
export function arrivalOf(record: SenmlRecord): Arrival | null {
  const name = /^(urn:dev:ops:[a-z0-9-]+):([A-Za-z0-9]+)$/.exec(record.n ?? "");
  const identity = /^(\d+)\/(\d+)\/(\d+)$/.exec(String(record.labels?.["dh"] ?? ""));
  if (
    name === null ||
    identity === null ||
    record.v === undefined ||
    record.u === undefined ||
    record.t === undefined
  ) {
    return null;
  }
  const [epoch, piv, row] = identity.slice(1).map(Number);
  return { device: name[1], channel: name[2], value: record.v, unit: record.u, epoch, piv, row };
}

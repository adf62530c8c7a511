/**
 * A LoRaWAN sensor as a line: its uplinks, as a network server publishes them over MQTT, become the frames that the driver
 * (firmware/drivers/lorawan-sensor.ts) reads. Sensors behind the same broker share one connection.
 */
import type { MqttClient } from "mqtt";
import type { Uart } from "../boards/platform.ts";
import { BrokerConnection, type BrokerSettings } from "../gateway/broker.ts";
import type { Log } from "../gateway/log.ts";
import type { MeterSettings } from "../gateway/meters/meter-kind.ts";
import { fault, isFault } from "../protocols/fault.ts";
import { type NetworkUplink, parseUplink } from "../protocols/lorawan/uplink.ts";

/** Where the two servers publish (ChirpStack 4, The Things Stack 3). */
const topics = ["application/+/device/+/event/up", "v3/+/devices/+/up"];
const keepAlive = 30_000; // ms
const connectTimeout = 10_000; // ms
const reconnectMax = 60_000; // ms

type Account = Pick<BrokerSettings, "url" | "username" | "passwordFile" | "caFile" | "protocol">;

export interface LorawanSensor {
  readonly devEui: string;
  readonly account: Account;
}

/** What a meter's settings say of where a sensor is heard (gateway/meters/lorawan.ts). */
export function lorawanSensorOf({
  port,
  username,
  passwordFile,
  caFile,
  protocol,
  devEui,
}: MeterSettings): LorawanSensor {
  return {
    devEui: String(devEui),
    account: {
      url: port,
      protocol: protocol === 4 ? 4 : 5,
      ...(typeof username === "string" ? { username } : {}),
      ...(typeof passwordFile === "string" ? { passwordFile } : {}),
      ...(typeof caFile === "string" ? { caFile } : {}),
    },
  };
}

interface Listener {
  readonly devEui: string;
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onState: Parameters<Uart["open"]>[2];
}

/** The brokers of network servers that somebody listens to. */
export class LorawanServers {
  readonly #servers = new Map<string, Server>();

  /** One sensor's line. `write` does nothing: what is said to such a sensor, its network server says. */
  uart({ account, devEui }: LorawanSensor, log: Log): Uart {
    const key = JSON.stringify(account);
    const server = this.#servers.get(key) ?? new Server(account, log);
    this.#servers.set(key, server);
    let listener: Listener | null = null;
    return {
      open: (_settings, onBytes, onState) => {
        server.remove(listener);
        listener = { devEui, onBytes, onState };
        server.add(listener);
      },
      write: () => {},
      close: () => server.remove(listener),
    };
  }
}

class Server {
  readonly #listeners = new Set<Listener>();
  readonly #connection: BrokerConnection;
  readonly #url: string;
  #running = false;

  constructor(account: Account, log: Log) {
    this.#url = account.url;
    this.#connection = new BrokerConnection({
      settings: { ...account, keepAlive, connectTimeout, reconnectMax },
      options: { clientId: `dreihasen-lorawan-${crypto.randomUUID().slice(0, 8)}`, clean: true },
      log,
      random: Math.random,
      prepare: (client) => void client.on("message", (_topic, payload) => this.#hear(payload)),
      onUp: (client) => this.#subscribe(client),
      onDown: (reason) => this.#tell(reason),
    });
  }

  add(listener: Listener): void {
    this.#listeners.add(listener);
    if (!this.#running) {
      this.#running = true;
      this.#connection.start();
    }
    const trouble = this.#connection.trouble();
    listener.onState(trouble === null ? null : fault("bus", `${this.#url}: ${trouble}`));
  }

  remove(listener: Listener | null): void {
    if (listener !== null && this.#listeners.delete(listener) && this.#listeners.size === 0) {
      this.#running = false;
      void this.#connection.stop();
    }
  }

  #subscribe(client: MqttClient): void {
    client.subscribe(topics, { qos: 1 }, (error) =>
      this.#tell(error === null ? null : "the broker does not let us hear what the network server says"),
    );
  }

  #tell(trouble: string | null): void {
    for (const { onState } of this.#listeners) {
      onState(trouble === null ? null : fault("bus", `${this.#url}: ${trouble}`));
    }
  }

  #hear(payload: Uint8Array): void {
    const uplink = parseUplink(Buffer.from(payload).toString("utf8"));
    // Other applications use the same server: what is none of ours is nobody's fault.
    if (isFault(uplink)) {
      return;
    }
    for (const { devEui, onBytes } of this.#listeners) {
      if (devEui === uplink.devEui) {
        onBytes(frameOf(uplink));
      }
    }
  }
}

/** Length of what follows, port, counter (4, high byte first), payload. */
function frameOf({ port, counter, bytes }: NetworkUplink): Uint8Array {
  const frame = new Uint8Array(6 + bytes.length);
  frame[0] = 5 + bytes.length;
  frame[1] = port;
  new DataView(frame.buffer).setUint32(2, counter);
  frame.set(bytes, 6);
  return frame;
}

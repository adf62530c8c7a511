import mqtt, { type MqttClient } from "mqtt";
import { type Fault, fault } from "../../protocols/fault.ts";
import { frameMax, type Link } from "../../protocols/link.ts";

export interface MqttLinkOptions {
  /** e.g. mqtt://gateway.local:1883 */
  readonly url: string;
  /** Short name of the device: user name and part of its topics. */
  readonly device: string;
  readonly password: string;
  /** PEM of the authority to trust, for mqtts; null: the system's. */
  readonly ca: string | null;
  /** null: connected. A Fault: not, and why; told once for each reason. */
  readonly onState: (state: Fault | null) => void;
}

/** Between tries to connect, ms: at first, and at most after doubling. */
const retryFirst = 500;
const retryMax = 60_000;
/** Publishes that may wait for their PUBACK. */
const inFlightMax = 64;

/**
 * The way to the gateway over MQTT 3.1.1, QoS 1 (WIRE: bytes). Each try is a client of its own, so nothing waits inside the library:
 * what is sent again is the outbox's to decide.
 */
export class MqttLink implements Link {
  readonly name: string;
  readonly frameMax = frameMax;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  readonly #options: MqttLinkOptions;
  #client: MqttClient | null = null;
  #subscribed = false;
  #inFlight = 0;
  #delay = retryFirst;
  #timer: NodeJS.Timeout | null = null;
  #trouble: string | null = null;

  constructor(options: MqttLinkOptions) {
    this.name = `mqtt ${options.url}`;
    this.#options = options;
    this.#connect();
  }

  ready(): boolean {
    return this.#subscribed;
  }

  send(frame: Uint8Array): Fault | null {
    const client = this.#client;
    if (client === null || !this.#subscribed) {
      return fault("link", `${this.name} is not connected`);
    }
    if (this.#inFlight >= inFlightMax) {
      return fault("full", `${this.name} has ${inFlightMax} messages under way`);
    }
    this.#inFlight++;
    client.publish(`dreihasen/v1/${this.#options.device}/up`, Buffer.from(frame), { qos: 1 }, () => {
      if (client === this.#client) {
        this.#inFlight--;
      }
    });
    return null;
  }

  close(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    const client = this.#client;
    this.#client = null;
    this.#subscribed = false;
    client?.end(false, {}, () => {});
    setTimeout(() => client?.end(true), 500).unref();
  }

  #connect(): void {
    const { url, device, password, ca } = this.#options;
    this.#timer = null;
    const client = mqtt.connect(url, {
      clientId: device,
      username: device,
      password,
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      connectTimeout: 10_000,
      keepalive: 30,
      ...(ca === null ? {} : { ca }),
    });
    this.#client = client;
    this.#inFlight = 0;
    client.on("connect", () => this.#connected(client));
    client.on("message", (_topic, payload) => {
      if (client === this.#client && payload.length <= frameMax) {
        this.onFrame?.(new Uint8Array(payload));
      }
    });
    client.on("error", (error) => this.#lost(client, reasonOf(error)));
    client.on("close", () => this.#lost(client, "the connection ended"));
  }

  #connected(client: MqttClient): void {
    client.subscribe(`dreihasen/v1/${this.#options.device}/down`, { qos: 1 }, (error, granted) => {
      if (client !== this.#client) {
        return;
      }
      if (error || granted === undefined || granted.some(({ qos }) => qos > 2)) {
        this.#lost(client, "the gateway does not let this device listen: is its key file the newest?");
        return;
      }
      this.#subscribed = true;
      this.#delay = retryFirst;
      this.#trouble = null;
      this.#options.onState(null);
    });
  }

  #lost(client: MqttClient, reason: string): void {
    if (client !== this.#client) {
      return;
    }
    this.#client = null;
    this.#subscribed = false;
    client.end(true);
    this.#timer = setTimeout(() => this.#connect(), this.#delay * (0.75 + Math.random() / 2));
    this.#delay = Math.min(2 * this.#delay, retryMax);
    if (reason !== this.#trouble) {
      this.#trouble = reason;
      this.#options.onState(fault("link", `${this.name}: ${reason}`));
    }
  }
}

/** Reason codes of MQTT 3.1.1 §3.2.2.3, and the system's errors. */
const reasons: Readonly<Record<string, string>> = {
  4: "the gateway refuses the device: is its key file the newest, or was it revoked?",
  5: "the gateway refuses the device: is its key file the newest, or was it revoked?",
  ECONNREFUSED: "nobody listens there: is the gateway running, is the port right?",
  ECONNRESET: "the connection was cut: does the gateway expect TLS (mqtts), or none?",
  EHOSTUNREACH: "there is no way to that host: is the network up?",
  ENETUNREACH: "there is no network",
  ENOTFOUND: "the host name is not known: check its spelling and the name server",
  EAI_AGAIN: "the name server does not answer: is there a network?",
  ETIMEDOUT: "no answer: is a firewall in the way?",
};

function reasonOf(error: Error): string {
  const code = "code" in error ? String(error.code) : "";
  return reasons[code] ?? (error.message === "" ? "the connection failed" : error.message);
}

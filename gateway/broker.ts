/** One connection to somebody's MQTT broker: kept up with back-off, and able to say what is in its way. */
import { Socket } from "node:net";
import { Type } from "@sinclair/typebox";
import mqtt, { type IClientOptions, type IConnackPacket, type MqttClient } from "mqtt";
import { Backoff } from "./backoff.ts";
import { brokerTrouble } from "./broker-trouble.ts";
import { choice, duration, path, text } from "./config/schema.ts";
import { contentOf, pemOf } from "./file-content.ts";
import type { Log } from "./log.ts";
import { ProblemError } from "./problem.ts";

/** The keys that every link and sink has which talks to a broker by URL. */
export const brokerKeys = {
  username: Type.Optional(
    text({
      about: { en: "User name at the broker", de: "Benutzername beim Broker" },
      example: "dreihasen-gateway",
    }),
  ),
  passwordFile: Type.Optional(
    path({
      about: {
        en: "File that holds the password on its first line; read at each connection",
        de: "Datei mit dem Kennwort in der ersten Zeile; wird bei jeder Verbindung gelesen",
      },
      example: "/etc/dreihasen/broker-password",
    }),
  ),
  caFile: Type.Optional(
    path({
      about: {
        en: "Certificates to trust instead of the system's (PEM), for mqtts",
        de: "Zertifikate, denen statt denen des Systems vertraut wird (PEM), für mqtts",
      },
      example: "/etc/dreihasen/ca.pem",
    }),
  ),
  certificateFile: Type.Optional(
    path({
      about: { en: "Our client certificate (PEM)", de: "Unser Client-Zertifikat (PEM)" },
      example: "/etc/dreihasen/gateway.pem",
    }),
  ),
  keyFile: Type.Optional(
    path({
      about: { en: "Private key of the client certificate (PEM)", de: "Privater Schlüssel dazu (PEM)" },
      example: "/etc/dreihasen/gateway-key.pem",
    }),
  ),
  protocol: choice([5, 4], {
    about: {
      en: "MQTT version: 5, or 4 for a broker that speaks only 3.1.1",
      de: "MQTT-Version: 5, oder 4 für einen Broker, der nur 3.1.1 spricht",
    },
    default: 5,
  }),
  keepAlive: duration({
    about: {
      en: "How soon a connection that died silently is noticed",
      de: "Wie schnell eine still gestorbene Verbindung auffällt",
    },
    default: "30 s",
    least: "1 s",
    most: "1 h",
  }),
  connectTimeout: duration({
    about: {
      en: "Longest wait for the broker's greeting",
      de: "Längste Wartezeit auf die Antwort des Brokers",
    },
    default: "10 s",
    least: "100 ms",
    most: "5 min",
  }),
  reconnectMax: duration({
    about: {
      en: "Longest wait between two tries to connect",
      de: "Längste Wartezeit zwischen zwei Verbindungsversuchen",
    },
    default: "1 min",
    least: "100 ms",
    most: "1 h",
  }),
};

/** Which other key each needs, for `group`. */
export const brokerNeeds = {
  passwordFile: "username",
  certificateFile: "keyFile",
  keyFile: "certificateFile",
};

export interface BrokerSettings {
  readonly url: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly protocol: 4 | 5;
  /** ms, as are the next two. */
  readonly keepAlive: number;
  readonly connectTimeout: number;
  readonly reconnectMax: number;
}

export interface BrokerParts {
  readonly settings: BrokerSettings;
  /** Client id, clean start, session expiry, properties... */
  readonly options: IClientOptions;
  readonly log: Log;
  readonly random: () => number;
  /** Called with each new client before it connects. */
  readonly prepare?: (client: MqttClient) => void;
  readonly onUp: (client: MqttClient, connack: IConnackPacket) => void;
  /** Once after each `onUp`, when that connection is gone. */
  readonly onDown: (reason: string) => void;
}

const firstWait = 500; // ms, upper end of the first wait before connecting again
const secretMax = 4096; // bytes of a password file

/**
 * Each try is a client of its own: nothing is queued inside it, so what was not confirmed is the caller's to send again.
 * Never throws and never ends the process; `trouble` says why there is no connection.
 */
export class BrokerConnection {
  private readonly parts: BrokerParts;
  private readonly backoff: Backoff;
  private client: MqttClient | null = null;
  private up = false;
  private timer: NodeJS.Timeout | null = null;
  private stopped = true;
  private reason: string | null = "not connected yet";

  constructor(parts: BrokerParts) {
    this.parts = parts;
    this.backoff = new Backoff({
      first: Math.min(firstWait, parts.settings.reconnectMax),
      max: parts.settings.reconnectMax,
      random: parts.random,
      now: () => performance.now(),
    });
  }

  start(): void {
    this.stopped = false;
    void this.attempt();
  }

  /** The client while it is connected. */
  connected(): MqttClient | null {
    return this.up ? this.client : null;
  }

  trouble(): string | null {
    return this.up ? null : this.reason;
  }

  /** Gives the present connection up and connects anew: for a broker that takes messages and never answers. */
  drop(reason: string): void {
    if (this.client !== null) {
      this.lost(this.client, reason);
    }
  }

  /** Says goodbye where it can; resolves within half a second. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
    const client = this.client;
    const wasUp = this.up;
    this.client = null;
    this.up = false;
    this.reason = "stopped";
    if (client === null) {
      return;
    }
    if (wasUp) {
      this.parts.onDown("stopped");
      await new Promise<void>((resolve) => {
        const goodbye = setTimeout(resolve, 500);
        client.removeAllListeners("close");
        client.once("close", () => {
          clearTimeout(goodbye);
          resolve();
        });
        client.stream.end(disconnectPacket);
      });
    }
    client.end(true);
  }

  private async attempt(): Promise<void> {
    this.timer = null;
    const { settings } = this.parts;
    let client: MqttClient;
    try {
      const options = await this.options();
      if (this.stopped) {
        return;
      }
      // Throws at once on certificates that it cannot use.
      client = mqtt.connect(settings.url, options);
    } catch (error) {
      this.failed(error instanceof ProblemError ? error.message : brokerTrouble(error as Error, settings));
      return;
    }
    this.client = client;
    if (client.stream instanceof Socket) {
      client.stream.setNoDelay(true); // or a second small message waits 40 ms for the first one's TCP acknowledgement
    }
    this.parts.prepare?.(client);
    client.on("connect", (connack) => this.connectedNow(client, connack));
    client.on("error", (error) => this.lost(client, brokerTrouble(error, settings)));
    client.on("disconnect", (packet) =>
      this.lost(client, brokerTrouble({ message: "", code: packet.reasonCode }, settings)),
    );
    client.on("close", () => this.lost(client, "the broker closed the connection"));
  }

  private async options(): Promise<IClientOptions> {
    const { settings, options } = this.parts;
    const { username, passwordFile, caFile, certificateFile, keyFile } = settings;
    return {
      ...options,
      protocolVersion: settings.protocol,
      keepalive: Math.max(1, Math.round(settings.keepAlive / 1000)),
      connectTimeout: settings.connectTimeout,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      ...(username === undefined ? {} : { username }),
      ...(passwordFile === undefined ? {} : { password: await firstLine(passwordFile) }),
      ...(caFile === undefined ? {} : { ca: await pemOf(caFile) }),
      ...(certificateFile === undefined ? {} : { cert: await pemOf(certificateFile) }),
      ...(keyFile === undefined ? {} : { key: await pemOf(keyFile) }),
      ...(settings.url.startsWith("mqtts:") ? { minVersion: "TLSv1.2" } : {}),
    } as IClientOptions;
  }

  private connectedNow(client: MqttClient, connack: IConnackPacket): void {
    if (client !== this.client) {
      return;
    }
    this.up = true;
    this.reason = null;
    this.backoff.succeeded();
    this.parts.log.info({ url: this.parts.settings.url }, "broker connected");
    this.parts.onUp(client, connack);
  }

  private lost(client: MqttClient, reason: string): void {
    if (client !== this.client) {
      return;
    }
    const wasUp = this.up;
    this.client = null;
    this.up = false;
    client.end(true);
    this.failed(reason);
    if (wasUp) {
      this.parts.onDown(reason);
    }
  }

  private failed(reason: string): void {
    if (this.stopped) {
      return;
    }
    if (reason !== this.reason) {
      this.parts.log.warn({ url: this.parts.settings.url, reason }, "broker not connected");
    }
    this.reason = reason;
    this.timer = setTimeout(() => void this.attempt(), this.backoff.next());
  }
}

const disconnectPacket = Uint8Array.of(0xe0, 0x00); // MQTT 3.1.1 §3.14; in MQTT 5 the short form of "normal" (§3.14.2.1)

async function firstLine(file: string): Promise<Buffer> {
  const bytes = await contentOf(file);
  const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  return bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, secretMax));
}

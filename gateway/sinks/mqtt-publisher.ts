/** Publishes at QoS 1 and says what became of each message: confirmed, refused, unanswered, or cut off. */
import type { IClientPublishOptions, IConnackPacket, MqttClient } from "mqtt";
import { BrokerConnection, type BrokerParts, type BrokerSettings } from "../broker.ts";
import type { Log } from "../log.ts";
import type { Delivery, SinkFault, SinkState } from "../sink.ts";

export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly options: Omit<IClientPublishOptions, "qos">;
}

export interface PublisherOptions {
  readonly settings: BrokerSettings;
  readonly clientId: string;
  readonly log: Log;
  readonly random: () => number;
  /** Most messages without confirmation at once. */
  readonly inflight: number;
  /** ms */
  readonly confirmTimeout: number;
}

/** How long a message waits for a connection that is being made, in ms; whoever sends has a back-off of their own. */
const connectionWait = 1000;
const delivered: Delivery = { delivered: true };

interface Waiting {
  readonly begin: (client: MqttClient) => void;
  readonly fail: (fault: SinkFault) => void;
}

export class MqttPublisher {
  private readonly options: PublisherOptions;
  private readonly connection: BrokerConnection;
  /** Given to the broker and not confirmed. */
  private readonly underWay = new Set<(fault: SinkFault) => void>();
  /** Waits for a place among them, or for the connection. */
  private readonly waiting: Waiting[] = [];
  private inflight: number;
  private refusal: string | null = null;
  /** Longest MQTT packet the broker takes, in bytes; null where it named none. */
  packetMax: number | null = null;

  constructor(options: PublisherOptions) {
    this.options = options;
    this.inflight = options.inflight;
    this.connection = new BrokerConnection({
      settings: options.settings,
      options: { clientId: options.clientId, clean: true },
      log: options.log,
      random: options.random,
      onUp: (_client, connack) => this.up(connack),
      onDown: (reason) => this.down(reason),
    } satisfies BrokerParts);
  }

  start(): void {
    this.connection.start();
  }

  async stop(): Promise<void> {
    this.failAll(transient("unreachable", "stopped"));
    await this.connection.stop();
  }

  /** A refusal shows as trouble although the line is up: nothing gets through. */
  state(): SinkState {
    const trouble = this.connection.trouble() ?? this.refusal;
    return { connected: trouble === null, trouble };
  }

  publish(message: OutgoingMessage): Promise<Delivery> {
    return new Promise((resolve) => {
      let impatience: NodeJS.Timeout | null = null;
      const settle = (delivery: Delivery) => {
        if (impatience !== null) {
          clearTimeout(impatience);
        }
        resolve(delivery);
      };
      const entry: Waiting = {
        begin: (client) => this.begin(client, message, settle),
        fail: settle,
      };
      this.waiting.push(entry);
      this.next();
      if (this.connection.connected() === null) {
        impatience = setTimeout(() => this.giveUp(entry), connectionWait);
      }
    });
  }

  private giveUp(entry: Waiting): void {
    const at = this.waiting.indexOf(entry);
    if (at >= 0 && this.connection.connected() === null) {
      this.waiting.splice(at, 1);
      entry.fail(transient("unreachable", this.connection.trouble() ?? "not connected"));
    }
  }

  private next(): void {
    const client = this.connection.connected();
    while (client !== null && this.underWay.size < this.inflight && this.waiting.length > 0) {
      this.waiting.shift()!.begin(client);
    }
  }

  private begin(client: MqttClient, message: OutgoingMessage, settle: (delivery: Delivery) => void): void {
    const { confirmTimeout } = this.options;
    const timer = setTimeout(() => {
      end(transient("timeout", `no confirmation within ${confirmTimeout} ms`));
      this.connection.drop("the broker takes messages and does not confirm them");
    }, confirmTimeout);
    const end = (delivery: Delivery) => {
      if (this.underWay.delete(end)) {
        clearTimeout(timer);
        settle(delivery);
        this.next();
      }
    };
    this.underWay.add(end);
    client.publish(message.topic, message.payload, { ...message.options, qos: 1 }, (error) =>
      end(error == null ? this.confirmed() : this.refused(error, message.topic)),
    );
  }

  private confirmed(): Delivery {
    this.refusal = null;
    return delivered;
  }

  private refused(error: Error & { code?: unknown }, topic: string): SinkFault {
    if (typeof error.code !== "number") {
      return transient("unreachable", error.message);
    }
    const fault = faultOfReason(error.code, topic);
    if (fault.detail !== this.refusal) {
      this.options.log.warn({ topic, reason: error.code }, fault.detail);
    }
    this.refusal = fault.detail;
    return fault;
  }

  private up(connack: IConnackPacket): void {
    const { receiveMaximum, maximumPacketSize } = connack.properties ?? {};
    this.inflight = Math.min(this.options.inflight, receiveMaximum ?? this.options.inflight);
    this.packetMax = maximumPacketSize ?? null;
    this.refusal = null;
    this.next();
  }

  private down(reason: string): void {
    this.failAll(transient("unreachable", reason));
  }

  private failAll(fault: SinkFault): void {
    const cutOff = [...this.underWay];
    const waiting = this.waiting.splice(0);
    for (const end of cutOff) {
      end(fault);
    }
    for (const { fail } of waiting) {
      fail(fault);
    }
  }
}

function transient(code: "unreachable" | "timeout", detail: string): SinkFault {
  return { fault: code, detail, transient: true };
}

/**
 * MQTT 5 §3.4.2.1. Final is what the message itself is to blame for; what an operator can mend (rights, quota) is tried again,
 * and shows as trouble meanwhile, because giving readings up for a wrong access list would lose them.
 */
export function faultOfReason(reason: number, topic: string): SinkFault {
  const known = refusals[reason];
  return known === undefined
    ? { fault: "refused", detail: `the broker refuses messages with reason code ${reason}`, transient: true }
    : { fault: "refused", detail: `${known.says} (${topic})`, transient: known.transient };
}

const refusals: Readonly<Record<number, { readonly says: string; readonly transient: boolean }>> = {
  128: { says: "the broker refuses messages and gives no reason", transient: true },
  131: { says: "the broker refuses messages for reasons of its own", transient: true },
  135: { says: "the broker does not let us publish here: check its access list", transient: true },
  144: { says: "the broker does not take this topic name", transient: false },
  145: { says: "the broker found a message number in use", transient: true },
  149: { says: "the broker found the message too large", transient: false },
  151: { says: "the broker's quota is used up", transient: true },
  153: { says: "the broker does not take this payload format", transient: false },
};

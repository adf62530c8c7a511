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

/** How long `ready` waits at most, in ms; whoever sends has a back-off of their own. */
const connectionWait = 1000;
const delivered: Delivery = { delivered: true };

interface Waiting {
  readonly message: OutgoingMessage;
  readonly settle: (delivery: Delivery) => void;
}

export class MqttPublisher {
  private readonly options: PublisherOptions;
  private readonly connection: BrokerConnection;
  /** Given to the broker and not confirmed, in that order. */
  private readonly underWay = new Set<(fault: SinkFault) => void>();
  /** How long the oldest of these may stay so. */
  private patience: NodeJS.Timeout | null = null;
  /** Waits for a place among them. */
  private readonly waiting: Waiting[] = [];
  /** Who waits for the connection. */
  private readonly expecting = new Set<(fault: SinkFault | null) => void>();
  private inflight: number;
  private refusal: string | null = null;
  /** Whom to tell of each connection. */
  private readonly listeners: (() => void)[] = [];
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
    const stopped = transient("unreachable", "stopped");
    this.failAll(stopped);
    for (const end of [...this.expecting]) {
      end(stopped);
    }
    await this.connection.stop();
  }

  /** A refusal shows as trouble although the line is up: nothing gets through. */
  state(): SinkState {
    const trouble = this.connection.trouble() ?? this.refusal;
    return { connected: trouble === null, trouble };
  }

  get connected(): boolean {
    return this.connection.connected() !== null;
  }

  /** Null once there is a connection; a fault if that takes longer than a second, or than `connectTimeout`. */
  ready(): Promise<SinkFault | null> {
    if (this.connected) {
      return Promise.resolve(null);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => end(this.away()),
        Math.min(connectionWait, this.options.settings.connectTimeout),
      );
      const end = (fault: SinkFault | null) => {
        clearTimeout(timer);
        this.expecting.delete(end);
        resolve(fault);
      };
      this.expecting.add(end);
    });
  }

  whenUp(call: () => void): void {
    this.listeners.push(call);
  }

  publish(message: OutgoingMessage): Promise<Delivery> {
    return new Promise((resolve) => {
      if (!this.connected) {
        resolve(this.away());
      } else {
        this.waiting.push({ message, settle: resolve });
        this.next();
      }
    });
  }

  private away(): SinkFault {
    return transient("unreachable", this.connection.trouble() ?? "not connected");
  }

  private next(): void {
    const client = this.connection.connected();
    while (client !== null && this.underWay.size < this.inflight && this.waiting.length > 0) {
      this.begin(client, this.waiting.shift()!);
    }
  }

  private begin(client: MqttClient, { message, settle }: Waiting): void {
    const end = (delivery: Delivery) => {
      const [oldest] = this.underWay;
      if (this.underWay.delete(end)) {
        if (end === oldest) {
          this.awaitOldest();
        }
        settle(delivery);
        this.next();
      }
    };
    this.underWay.add(end);
    if (this.patience === null) {
      this.awaitOldest();
    }
    client.publish(message.topic, message.payload, { ...message.options, qos: 1 }, (error) =>
      end(error == null ? this.confirmed() : this.refused(error, message.topic)),
    );
  }

  /**
   * A broker confirms in order (MQTT 5 §4.6), so it is the oldest message that is waited for, from the moment at which those before it were
   * confirmed: on a slow line a hundred messages take their time, and must not be sent again and again for the sake of the last one.
   */
  private awaitOldest(): void {
    const { confirmTimeout } = this.options;
    const [oldest] = this.underWay;
    clearTimeout(this.patience ?? undefined);
    this.patience =
      oldest === undefined
        ? null
        : setTimeout(() => {
            oldest(transient("timeout", `no confirmation within ${confirmTimeout} ms`));
            this.connection.drop("the broker takes messages and does not confirm them");
          }, confirmTimeout);
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
    // A receive maximum of 0 is against MQTT 5 §3.2.2.3.3, and would have us wait for ever.
    this.inflight = Math.max(1, Math.min(this.options.inflight, receiveMaximum ?? this.options.inflight));
    this.packetMax = maximumPacketSize ?? null;
    this.refusal = null;
    for (const end of [...this.expecting]) {
      end(null);
    }
    for (const call of this.listeners) {
      call();
    }
  }

  private down(reason: string): void {
    this.failAll(transient("unreachable", reason));
  }

  private failAll(fault: SinkFault): void {
    const waiting = this.waiting.splice(0);
    for (const end of [...this.underWay]) {
      end(fault);
    }
    for (const { settle } of waiting) {
      settle(fault);
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

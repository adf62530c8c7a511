/** Devices at somebody else's broker: we subscribe to their topics and keep our PUBACK back until a frame is on disk. */
import type { IPublishPacket, MqttClient } from "mqtt";
import { frameMax } from "../../protocols/link.ts";
import { BrokerConnection, type BrokerSettings } from "../broker.ts";
import type { FrameReceiver, GatewayLink, LinkContext } from "../link.ts";
import { newCounters, refuse } from "./counters.ts";
import { InOrder } from "./in-order.ts";
import { deviceOfUpTopic, downTopic, upFilter } from "./topics.ts";

export interface ExternalBrokerSettings extends BrokerSettings {
  readonly clientId?: string;
  /** ms */
  readonly sessionExpiry: number;
}

const unsettledMax = 500; // frames the broker may send before we acknowledge one (MQTT 5 receive maximum)
const downlinkMax = 1000; // frames to devices that the broker has not confirmed yet
const withheld = new Error("acknowledged later");

/**
 * Who may publish on which device's topic is decided by that broker's access list; the topic is an address to us, the
 * envelope decides who spoke. The session is persistent, so the broker keeps frames while we are away.
 */
export class ExternalBroker implements GatewayLink {
  readonly name: string;
  readonly counters = newCounters();
  private readonly context: LinkContext;
  private readonly connection: BrokerConnection;
  private receive: FrameReceiver = (_frame, _source, settled) => settled();
  private subscription: string | null = null;
  private sending = 0;

  constructor(settings: ExternalBrokerSettings, context: LinkContext) {
    this.context = context;
    this.name = `mqtt ${settings.url}`;
    const expiry = Math.min(0xfffffffe, Math.round(settings.sessionExpiry / 1000)); // MQTT 5 §3.1.2.11.2: s, 32 bits
    this.connection = new BrokerConnection({
      settings,
      options: {
        clientId: settings.clientId ?? `dreihasen-${context.gateway}`,
        clean: false,
        ...(settings.protocol === 5
          ? { properties: { sessionExpiryInterval: expiry, receiveMaximum: unsettledMax } }
          : {}),
      },
      log: context.log,
      random: context.random,
      prepare: (client) => this.prepare(client),
      onUp: (client) => this.subscribe(client),
      onDown: () => {
        this.counters.connections = 0;
        this.sending = 0;
      },
    });
  }

  /** Resolves at once: a broker that is away when the power comes back must not keep the gateway down. */
  async start(receive: FrameReceiver): Promise<void> {
    this.receive = receive;
    this.connection.start();
  }

  stop(): Promise<void> {
    return this.connection.stop();
  }

  /** Nothing to end here: the device's connection is the broker's, and its frames are refused by the envelope. */
  disconnect(_device: string): void {}

  trouble(): string | null {
    return this.connection.trouble() ?? this.subscription;
  }

  /**
   * mqtt handles one message at a time and would wait with the next until this one is on disk: a group commit could never
   * form. An error given to its callback withholds the PUBACK (handlers/publish.js), so that we send it ourselves.
   */
  private prepare(client: MqttClient): void {
    const acknowledgements = new InOrder();
    client.handleMessage = (packet, done) => {
      const { messageId } = packet;
      if (packet.cmd !== "publish" || packet.qos !== 1 || messageId === undefined) {
        this.published(packet as IPublishPacket, () => {});
        done();
      } else {
        this.published(
          packet,
          acknowledgements.next(() => this.acknowledge(client, messageId)),
        );
        done(withheld);
      }
    };
  }

  private acknowledge(client: MqttClient, messageId: number): void {
    if (this.connection.connected() === client) {
      client.stream.write(Uint8Array.of(0x40, 2, messageId >> 8, messageId & 255)); // 3.1.1 and 5 §3.4
    }
  }

  private published(packet: IPublishPacket, settled: () => void): void {
    const device = deviceOfUpTopic(packet.topic);
    const frame = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
    if (device === null) {
      this.refuse("wrong-topic", { topic: packet.topic.slice(0, 80) });
      settled();
    } else if (frame.length > frameMax) {
      this.refuse("too-long", { device, bytes: frame.length });
      settled();
    } else {
      this.counters.framesIn += 1;
      this.counters.bytesIn += frame.length;
      const source = { address: `mqtt:${device}`, reply: (reply: Uint8Array) => this.send(device, reply) };
      this.receive(frame, source, settled);
    }
  }

  private subscribe(client: MqttClient): void {
    this.counters.connections = 1;
    client.subscribe(upFilter, { qos: 1 }, (error, granted) => {
      const refused = granted?.some(({ qos }) => qos !== 1) ?? true;
      if (error === null && !refused) {
        this.subscription = null;
      } else if (this.connection.connected() === client) {
        this.subscription = `the broker does not let us subscribe to ${upFilter} with QoS 1: check its access list`;
        this.context.log.warn({ reason: this.subscription }, "mqtt link hears nothing");
      }
    });
  }

  private send(device: string, frame: Uint8Array): boolean {
    const client = this.connection.connected();
    if (client === null || this.sending >= downlinkMax) {
      return false;
    }
    this.sending += 1;
    const payload = Buffer.from(frame.buffer, frame.byteOffset, frame.length);
    client.publish(downTopic(device), payload, { qos: 1 }, () => {
      this.sending = Math.max(0, this.sending - 1);
    });
    this.counters.framesOut += 1;
    this.counters.bytesOut += frame.length;
    return true;
  }

  private refuse(reason: string, fields: object): void {
    refuse(this.counters, this.context.log, reason, fields);
  }
}

/** The gateway's own broker (aedes, MQTT 3.1.1): each device has one line, one topic to speak on and one to hear. */
import type { EventEmitter } from "node:events";
import { Aedes, type Client, type PublishPacket, type Subscription } from "aedes";
import { frameMax } from "../../protocols/link.ts";
import type { FrameReceiver, FrameSource, GatewayLink, LinkContext } from "../link.ts";
import { Answers } from "./answers.ts";
import type { BoundedLine } from "./bounded-line.ts";
import { newCounters, refuse } from "./counters.ts";
import { InOrder } from "./in-order.ts";
import { MqttListener, type MqttListenerSettings } from "./mqtt-listener.ts";
import { downTopic, upTopic } from "./topics.ts";
import { UplinkReader } from "./uplink-reader.ts";

export interface EmbeddedBrokerSettings extends MqttListenerSettings {
  /** ms. */
  readonly keepAliveMax: number;
  /** Leaves every packet to the MQTT library: slower, and else the same. For tests that compare. */
  readonly libraryOnly?: boolean;
}

/**
 * What a device holds open, one at a time: a second connection with the same credentials takes the first one's place. A line is
 * read on only when the frames of an earlier read are acknowledged, so at most two reads wait for the disk.
 */
interface Session {
  readonly client: Client;
  /** The connection it took over from. aedes closes it before it registers this one; we look again, to be sure. */
  readonly before: Client | null;
  readonly device: string;
  readonly acknowledgements: InOrder;
  readonly answers: Answers;
  readonly upTopic: string;
  readonly downTopic: Buffer;
  readonly source: FrameSource;
  /** Of its subscription to its down topic; null without one. */
  listens: 0 | 1 | null;
  /** A message came with what is being read. */
  heard: boolean;
  /** Bytes of the frames that were taken from the line and not acknowledged yet. */
  underWay: number;
}

const underWayMax = 64 * 1024; // bytes of frames under way from which on a line is not read: a read of Node's
const downlinkMax = 64 * 1024; // bytes waiting for a device that does not read; acknowledgements come again when it resends
const nowhere = "dreihasen/settled"; // nobody can subscribe to it
const acknowledged = "dreihasen/acknowledged"; // nor to this

export class EmbeddedBroker implements GatewayLink {
  readonly name: string;
  readonly counters = newCounters();
  private readonly settings: EmbeddedBrokerSettings;
  private readonly context: LinkContext;
  private readonly sessions = new Map<string, Session>();
  private readonly listener: MqttListener;
  private broker: Aedes | null = null;
  private receive: FrameReceiver = (_frame, _source, settled) => settled();

  constructor(settings: EmbeddedBrokerSettings, context: LinkContext) {
    this.settings = settings;
    this.context = context;
    this.name = `mqtt ${settings.listen.host}:${settings.listen.port}`;
    this.listener = new MqttListener(settings, {
      log: context.log,
      take: (line) => this.broker?.handle(line),
      refused: (reason, fields) => this.refuse(reason, fields),
    });
  }

  async start(receive: FrameReceiver): Promise<void> {
    this.receive = receive;
    try {
      this.broker = await this.createBroker();
      await this.listener.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const { broker } = this;
    this.broker = null;
    await Promise.all([
      this.listener.stop(),
      broker === null ? null : new Promise<void>((resolve) => broker.close(resolve)),
    ]);
    this.sessions.clear();
  }

  disconnect(device: string): void {
    this.sessions.get(device)?.client.close();
  }

  trouble(): string | null {
    return this.listener.isOpen ? null : "not listening";
  }

  private createBroker(): Promise<Aedes> {
    return Aedes.createBroker({
      connectTimeout: this.settings.greetingMax,
      maxInflightInbound: 20,
      maxTopicLevels: 8,
      preConnect: (_client, packet, done) => {
        // No session outlives its connection and no will is kept: both would be memory that a device could make grow.
        packet.clean = true;
        delete packet.will;
        const asked = packet.keepalive ?? 0;
        const longest = Math.floor(this.settings.keepAliveMax / 1000);
        packet.keepalive = asked === 0 ? longest : Math.min(asked, longest);
        done(null, true);
      },
      authenticate: (client, username, password, done) => {
        done(null, this.authenticate(client, username, password));
      },
      authorizeSubscribe: (client, subscription, done) => {
        done(null, this.mayHear(client, subscription) ? subscription : null);
      },
      authorizePublish: (client, packet, done) => this.published(client, packet, () => done(null)),
    }).then((broker) => this.watched(withoutDetour(broker)));
  }

  private watched(broker: Aedes): Aedes {
    broker.on("clientError", (_client, error) => this.refuseLine(error));
    broker.on("connectionError", (_client, error) => this.refuseLine(error));
    broker.on("clientReady", (client) => {
      const session = this.sessionOf(client);
      if (session?.before?.closed === false) {
        session.before.close();
      }
      if (session !== null && this.settings.libraryOnly !== true) {
        this.shorten(session);
      }
      this.counters.connections = this.sessions.size;
      this.context.log.debug({ device: client.id }, "device connected");
    });
    broker.on("clientDisconnect", (client) => {
      if (this.sessions.get(client.id)?.client === client) {
        this.sessions.delete(client.id);
      }
      this.counters.connections = this.sessions.size;
    });
    const emitter: EventEmitter = broker; // its types leave "error" out
    emitter.on("error", (error: Error) =>
      this.context.log.error({ error: error.message }, "mqtt broker failed"),
    );
    return broker;
  }

  private authenticate(client: Client, username: string | undefined, password: Buffer | undefined): boolean {
    const device = this.context.authenticate(username ?? "", password ?? new Uint8Array(0));
    if (device === null) {
      this.refuse("unauthenticated", { user: String(username).slice(0, 64) });
      return false;
    }
    // The name that was proven is the client id: no device can take over another's line by guessing its id.
    (client as { id: string }).id = device.name;
    this.listener.recognized(client.conn);
    const session: Session = {
      client,
      before: this.sessions.get(device.name)?.client ?? null,
      device: device.name,
      acknowledgements: new InOrder(),
      answers: new Answers(client.conn, (bytes) => this.left(session, bytes)),
      upTopic: upTopic(device.name),
      downTopic: Buffer.from(downTopic(device.name)),
      source: this.sourceOf(device.name),
      listens: null,
      heard: false,
      underWay: 0,
    };
    this.sessions.set(device.name, session);
    return true;
  }

  private mayHear(client: Client, { topic, qos }: Subscription): boolean {
    const session = this.sessionOf(client);
    if (session === null || topic !== downTopic(session.device)) {
      this.refuse("wrong-topic", { device: client.id, topic: topic.slice(0, 80) });
      return false;
    }
    session.listens = qos === 0 ? 0 : 1;
    return true;
  }

  /** From here on a device's own messages come to us past the library, and everything else as ever. */
  private shorten(session: Session): void {
    const line = session.client.conn as BoundedLine;
    const reader = new UplinkReader({
      topic: session.upTopic,
      payloadMax: frameMax,
      take: (frame, messageId) => this.take(session, frame, messageId),
      pass: (bytes) => line.pass(bytes),
    });
    line.shorten({
      read: (chunk) => {
        reader.read(chunk);
        if (session.heard) {
          session.heard = false;
          keepAlive(session.client);
        }
        if (session.underWay >= underWayMax) {
          line.hold(true);
        }
      },
    });
  }

  /** A plain message of a device, in its own turn. */
  private take(session: Session, frame: Uint8Array, messageId: number): void {
    if (this.sessionOf(session.client) === null || session.client.closed) {
      return; // taken over, or revoked
    }
    session.heard = true;
    const { length } = frame;
    session.underWay += length;
    const settled = session.acknowledgements.next(() => session.answers.acknowledge(messageId, length));
    this.counters.framesIn += 1;
    this.counters.bytesIn += length;
    this.receive(frame, session.source, settled);
  }

  private left(session: Session, bytes: number): void {
    const waited = session.underWay >= underWayMax;
    session.underWay -= bytes;
    if (waited && session.underWay < underWayMax) {
      (session.client.conn as BoundedLine).hold(false);
    }
  }

  /** `pass` lets aedes go on with the packet, which by then holds nothing and goes nowhere, and read on. */
  private published(client: Client | null, packet: PublishPacket, pass: () => void): void {
    const { topic } = packet;
    const frame = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
    packet.topic = nowhere;
    packet.payload = Buffer.alloc(0);
    packet.retain = false;
    const session = client === null ? null : this.sessionOf(client);
    if (session === null) {
      return;
    }
    const settled = session.acknowledgements.next(() => acknowledge(session, packet, pass));
    if (topic !== session.upTopic) {
      this.refuse("wrong-topic", { device: session.device, topic: topic.slice(0, 80) });
      settled();
    } else if (frame.length > frameMax) {
      this.refuse("too-long", { device: session.device, bytes: frame.length });
      settled();
    } else {
      this.counters.framesIn += 1;
      this.counters.bytesIn += frame.length;
      this.receive(frame, session.source, settled);
    }
  }

  private sessionOf(client: Client): Session | null {
    const session = this.sessions.get(client.id);
    return session?.client === client ? session : null;
  }

  private sourceOf(device: string): FrameSource {
    return { address: `mqtt:${device}`, reply: (frame: Uint8Array) => this.send(device, frame) };
  }

  private send(device: string, frame: Uint8Array): boolean {
    const session = this.sessions.get(device);
    if (session === undefined || session.listens === null || session.client.closed) {
      return false;
    }
    if (session.client.conn.writableLength + session.answers.frameBytes > downlinkMax) {
      this.refuse("device-not-reading", { device });
      return false;
    }
    session.answers.send(session.downTopic, frame, session.listens);
    this.counters.framesOut += 1;
    this.counters.bytesOut += frame.length;
    return true;
  }

  private refuseLine(error: Error): void {
    const expected = error.message === "keep alive timeout" || error.message === "connection closed";
    if (!expected) {
      this.refuse("protocol", { error: error.message });
    }
  }

  private refuse(reason: string, fields: object = {}): void {
    refuse(this.counters, this.context.log, reason, fields);
  }
}

/**
 * A QoS 1 message, as devices send them, is acknowledged by us and is of QoS 0 to aedes from then on: aedes would take a write
 * and a turn for each PUBACK. Other messages are its own to acknowledge.
 */
function acknowledge({ answers }: Session, packet: PublishPacket, pass: () => void): void {
  if (packet.qos === 1 && packet.messageId) {
    packet.qos = 0;
    packet.topic = acknowledged;
    answers.add(packet.messageId, pass);
  } else {
    pass();
  }
}

/**
 * Keeps aedes from looking for listeners of what we have acknowledged. Its parser must not be called from within itself, so this
 * is for packets that are passed on in a later turn than the one they came in, as Answers does.
 */
function withoutDetour(broker: Aedes): Aedes {
  const publish = broker.publish;
  broker.publish = (packet, ...rest: unknown[]) => {
    const done = rest.at(-1);
    if (packet.topic === acknowledged && typeof done === "function") {
      done();
    } else {
      Reflect.apply(publish, broker, [packet, ...rest]);
    }
  };
  return broker;
}

/** Tells aedes that a packet came, as it tells itself for those it sees; its types do not name the timer. */
function keepAlive(client: Client): void {
  (client as Client & { readonly _keepaliveTimer?: NodeJS.Timeout | null })._keepaliveTimer?.refresh();
}

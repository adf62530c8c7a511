/** The gateway's own broker (aedes, MQTT 3.1.1): each device has one line, one topic to speak on and one to hear. */
import type { EventEmitter } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { Aedes, type Client, type PublishPacket, type Subscription } from "aedes";
import { frameMax } from "../../protocols/link.ts";
import { contentOf } from "../file-content.ts";
import type { FrameReceiver, FrameSource, GatewayLink, LinkContext } from "../link.ts";
import { type ProblemError, problem } from "../problem.ts";
import { problemOfSystemError } from "../system-error.ts";
import { Answers } from "./answers.ts";
import { BoundedLine } from "./bounded-line.ts";
import { newCounters, refuse } from "./counters.ts";
import { InOrder } from "./in-order.ts";
import { downTopic, upTopic } from "./topics.ts";
import { UplinkReader } from "./uplink-reader.ts";

export interface EmbeddedBrokerSettings {
  readonly listen: { readonly host: string; readonly port: number };
  readonly connectionsMax: number;
  /** ms, as is the next. */
  readonly greetingMax: number;
  readonly keepAliveMax: number;
  readonly serverCertificateFile?: string;
  readonly serverKeyFile?: string;
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
  /** Bytes of the frames that were taken from the line and not acknowledged yet. */
  underWay: number;
}

const connectMax = 1024; // bytes of a CONNECT packet: client id, user name and password
const packetMax = frameMax + 256; // bytes of a later packet: a frame, its topic and headers
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
  private readonly strangers = new Set<Socket>();
  private readonly lines = new Set<Socket>();
  private broker: Aedes | null = null;
  private server: Server | null = null;
  private receive: FrameReceiver = (_frame, _source, settled) => settled();

  constructor(settings: EmbeddedBrokerSettings, context: LinkContext) {
    this.settings = settings;
    this.context = context;
    this.name = `mqtt ${settings.listen.host}:${settings.listen.port}`;
  }

  async start(receive: FrameReceiver): Promise<void> {
    this.receive = receive;
    try {
      await this.listen();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  private async listen(): Promise<void> {
    this.broker = await this.createBroker();
    const server = await this.createServer();
    server.maxConnections = this.settings.connectionsMax;
    server.on("drop", () => this.refuse("too-many-connections"));
    const { host, port } = this.settings.listen;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(problemOfSystemError(error, `${host}:${port}`)));
      server.listen(port, host, resolve);
    });
    server.on("error", (error) => this.context.log.error({ error: error.message }, "mqtt listener failed"));
    this.server = server;
    this.context.log.info({ host, port }, "mqtt broker listens");
  }

  async stop(): Promise<void> {
    const { broker, server } = this;
    this.broker = null;
    this.server = null;
    for (const line of this.lines) {
      line.destroy();
    }
    const closed = server === null ? null : new Promise((resolve) => server.close(resolve));
    await Promise.all([
      closed,
      broker === null ? null : new Promise<void>((resolve) => broker.close(resolve)),
    ]);
    this.sessions.clear();
  }

  disconnect(device: string): void {
    this.sessions.get(device)?.client.close();
  }

  trouble(): string | null {
    return this.server === null ? "not listening" : null;
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

  private async createServer(): Promise<Server> {
    const { serverCertificateFile, serverKeyFile, greetingMax } = this.settings;
    const accept = (socket: Socket) => this.accept(socket);
    if (serverCertificateFile === undefined || serverKeyFile === undefined) {
      return createServer(accept);
    }
    const cert = await contentOf(serverCertificateFile);
    const key = await contentOf(serverKeyFile);
    const options: TlsOptions = { cert, key, handshakeTimeout: greetingMax, minVersion: "TLSv1.2" };
    let server: Server;
    try {
      server = createTlsServer(options, accept);
    } catch {
      throw certificateProblem(serverCertificateFile);
    }
    server.on("tlsClientError", () => this.refuse("tls"));
    return server;
  }

  private accept(socket: Socket): void {
    socket.setNoDelay(true);
    this.makeRoom();
    this.strangers.add(socket);
    this.lines.add(socket);
    socket.once("close", () => {
      this.strangers.delete(socket);
      this.lines.delete(socket);
    });
    const limits = { first: connectMax, later: packetMax };
    const line = new BoundedLine(socket, limits, () =>
      this.refuse("too-long", { from: socket.remoteAddress }),
    );
    line.on("error", () => socket.destroy());
    sockets.set(line, socket);
    this.broker?.handle(line);
  }

  /** Connections that have not said who they are may hold a quarter of the places; the oldest makes room. */
  private makeRoom(): void {
    const [oldest] = this.strangers;
    if (oldest !== undefined && this.strangers.size >= Math.max(4, this.settings.connectionsMax / 4)) {
      this.refuse("unauthenticated");
      this.strangers.delete(oldest);
      oldest.destroy();
    }
  }

  private authenticate(client: Client, username: string | undefined, password: Buffer | undefined): boolean {
    const device = this.context.authenticate(username ?? "", password ?? new Uint8Array(0));
    if (device === null) {
      this.refuse("unauthenticated", { user: String(username).slice(0, 64) });
      return false;
    }
    // The name that was proven is the client id: no device can take over another's line by guessing its id.
    (client as { id: string }).id = device.name;
    const socket = sockets.get(client.conn);
    if (socket !== undefined) {
      this.strangers.delete(socket);
    }
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
    keepAlive(session.client);
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

function certificateProblem(value: string): ProblemError {
  return problem("CFG-008", {
    key: "serverCertificateFile",
    value,
    expected: {
      en: "a certificate as PEM text that belongs to “serverKeyFile”",
      de: "ein Zertifikat als PEM-Text, das zu „serverKeyFile“ gehört",
    },
    about: { en: "Certificate of our own broker", de: "Zertifikat des eigenen Brokers" },
    example: "serverCertificateFile: /etc/dreihasen/broker.pem",
  });
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

/** The socket below each line, for what only sockets have. */
const sockets = new WeakMap<object, Socket>();

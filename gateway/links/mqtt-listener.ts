import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { frameMax } from "../../protocols/link.ts";
import { contentOf } from "../file-content.ts";
import type { Log } from "../log.ts";
import { type ProblemError, problem } from "../problem.ts";
import { problemOfSystemError } from "../system-error.ts";
import { BoundedLine } from "./bounded-line.ts";

export interface MqttListenerSettings {
  readonly listen: { readonly host: string; readonly port: number };
  readonly connectionsMax: number;
  /** ms. */
  readonly greetingMax: number;
  /** Both, or plain TCP. */
  readonly serverCertificateFile?: string;
  readonly serverKeyFile?: string;
}

export interface MqttListenerHooks {
  readonly log: Log;
  /** A new line, whose packets are no longer than a device's may be. */
  readonly take: (line: BoundedLine) => void;
  readonly refused: (reason: string, fields?: object) => void;
}

const connectMax = 1024; // bytes of a CONNECT packet: client id, user name and password
const packetMax = frameMax + 256; // bytes of a later packet: a frame, its topic and headers

/** The port of our own broker, with TLS or without: takes connections in, and keeps room for those who say who they are. */
export class MqttListener {
  private readonly settings: MqttListenerSettings;
  private readonly hooks: MqttListenerHooks;
  private readonly strangers = new Set<Socket>();
  private readonly lines = new Set<Socket>();
  private server: Server | null = null;

  constructor(settings: MqttListenerSettings, hooks: MqttListenerHooks) {
    this.settings = settings;
    this.hooks = hooks;
  }

  get isOpen(): boolean {
    return this.server !== null;
  }

  /** Throws a ProblemError where the port cannot be had, or the certificate is none. */
  async start(): Promise<void> {
    const { log, refused } = this.hooks;
    const server = await this.createServer();
    server.maxConnections = this.settings.connectionsMax;
    server.on("drop", () => refused("too-many-connections"));
    const { host, port } = this.settings.listen;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(problemOfSystemError(error, `${host}:${port}`)));
      server.listen(port, host, resolve);
    });
    server.on("error", (error) => log.error({ error: error.message }, "mqtt listener failed"));
    this.server = server;
    log.info({ host, port }, "mqtt broker listens");
  }

  /** Ends every line. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    for (const line of this.lines) {
      line.destroy();
    }
    await (server === null ? null : new Promise((resolve) => server.close(resolve)));
  }

  /** Whoever is at this line has said who it is. */
  recognized(line: object): void {
    const socket = sockets.get(line);
    if (socket !== undefined) {
      this.strangers.delete(socket);
    }
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
    server.on("tlsClientError", () => this.hooks.refused("tls"));
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
      this.hooks.refused("too-long", { from: socket.remoteAddress }),
    );
    line.on("error", () => socket.destroy());
    sockets.set(line, socket);
    this.hooks.take(line);
  }

  /** Connections that have not said who they are may hold a quarter of the places; the oldest makes room. */
  private makeRoom(): void {
    const [oldest] = this.strangers;
    if (oldest !== undefined && this.strangers.size >= Math.max(4, this.settings.connectionsMax / 4)) {
      this.hooks.refused("unauthenticated");
      this.strangers.delete(oldest);
      oldest.destroy();
    }
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

/** The socket below each line, for what only sockets have. */
const sockets = new WeakMap<object, Socket>();

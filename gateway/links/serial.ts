/** Devices on a serial line: COBS frames (WIRE: bytes), a port that is opened again after it was unplugged or fell silent. */
import { stat } from "node:fs/promises";
import type { Static } from "@sinclair/typebox";
import type { SerialPort } from "serialport";
import { encodeFrame, FrameReader } from "../../protocols/framing.ts";
import { Backoff } from "../backoff.ts";
import { duration, group, path, whole } from "../config/schema.ts";
import type { FrameReceiver, GatewayLink, LinkContext } from "../link.ts";
import { ProblemError, problemText } from "../problem.ts";
import { diagnosePort } from "../serial-port.ts";
import { newCounters, refuse } from "./counters.ts";

const schema = group(
  {
    port: path({
      about: {
        en: "The serial port; best by its lasting name under /dev/serial/by-id",
        de: "Der serielle Anschluss; am besten mit seinem festen Namen unter /dev/serial/by-id",
      },
      example: "/dev/ttyUSB0",
    }),
    baud: whole({
      about: { en: "Baud rate, 8N1", de: "Baudrate, 8N1" },
      default: 115200,
      minimum: 300,
      maximum: 4_000_000,
    }),
    silence: duration({
      about: {
        en: "Without a byte for this long the port is closed and opened again; devices report at least hourly",
        de: "Kommt so lange kein Byte, wird der Anschluss neu geöffnet; Geräte melden sich mindestens stündlich",
      },
      default: "2 h",
      least: "1 s",
      most: "7 d",
    }),
  },
  { about: { en: "Devices on a serial line", de: "Geräte an einer seriellen Leitung" } },
);

export type SerialSettings = Static<typeof schema>;

const watchInterval = 500; // ms between two looks at the port's path
const reopenMax = 10_000; // ms, longest wait before opening again
const downlinkMax = 16 * 1024; // bytes waiting to be sent; acknowledgements come again when the device resends
const unsettledMax = 256; // frames waiting for the disk; a device sends again what was dropped beyond them

export class SerialLink implements GatewayLink {
  readonly name: string;
  readonly counters = newCounters();
  private readonly settings: SerialSettings;
  private readonly context: LinkContext;
  private readonly backoff: Backoff;
  private receive: FrameReceiver = (_frame, _source, settled) => settled();
  private port: SerialPort | null = null;
  private node: number | null = null;
  private watch: NodeJS.Timeout | null = null;
  private opening = false;
  private retryAt = 0;
  private heardAt = 0;
  private unsettled = 0;
  private reason: string | null = "not open yet";

  constructor(settings: SerialSettings, context: LinkContext) {
    this.settings = settings;
    this.context = context;
    this.name = `serial ${settings.port}`;
    const now = () => performance.now();
    this.backoff = new Backoff({ first: 1000, max: reopenMax, random: context.random, now });
  }

  /** Never rejects: a port that is not there is told, and taken when it comes; also after it was open. */
  async start(receive: FrameReceiver): Promise<void> {
    this.receive = receive;
    this.watch = setInterval(() => void this.look(), watchInterval);
    await this.look();
  }

  async stop(): Promise<void> {
    if (this.watch !== null) {
      clearInterval(this.watch);
      this.watch = null;
    }
    await this.close("stopped");
  }

  /** A line has no session: what a revoked device sends is refused by the envelope. */
  disconnect(_device: string): void {}

  trouble(): string | null {
    return this.reason;
  }

  private async open(): Promise<void> {
    const { port: path, baud } = this.settings;
    const { SerialPort } = await import("../serial-driver.ts");
    // hupcl would drop DTR at each close, which resets many boards.
    const port = new SerialPort({ path, baudRate: baud, autoOpen: false, hupcl: false });
    try {
      await new Promise<void>((resolve, reject) =>
        port.open((error) => (error === null || error === undefined ? resolve() : reject(error))),
      );
      this.node = await nodeOf(path);
    } catch (error) {
      throw await diagnosePort(path, error);
    }
    this.opened(port);
  }

  private opened(port: SerialPort): void {
    const reader = new FrameReader();
    this.port = port;
    this.reason = null;
    this.heardAt = performance.now();
    this.backoff.succeeded();
    this.counters.connections = 1;
    this.context.log.info({ port: this.settings.port, baud: this.settings.baud }, "serial port opened");
    port.on("data", (bytes: Buffer) => {
      this.heardAt = performance.now();
      this.counters.bytesIn += bytes.length;
      reader.push(
        bytes,
        (frame) => this.arrived(frame),
        (fault) => this.refuse(fault.fault),
      );
    });
    port.on("error", (error) => void this.close(error.message));
    port.on("close", () => void this.close("it was unplugged"));
  }

  private arrived(frame: Uint8Array): void {
    if (this.unsettled >= unsettledMax) {
      this.refuse("too-many-waiting");
      return;
    }
    this.counters.framesIn += 1;
    this.unsettled += 1;
    const source = {
      address: `serial:${this.settings.port}`,
      reply: (reply: Uint8Array) => this.send(reply),
    };
    this.receive(frame, source, () => {
      this.unsettled -= 1;
    });
  }

  private send(frame: Uint8Array): boolean {
    const { port } = this;
    if (port === null || !port.isOpen) {
      return false;
    }
    if (port.writableLength > downlinkMax) {
      this.refuse("line-not-draining");
      return false;
    }
    const bytes = encodeFrame(frame);
    port.write(Buffer.from(bytes));
    this.counters.framesOut += 1;
    this.counters.bytesOut += bytes.length;
    return true;
  }

  private async close(reason: string): Promise<void> {
    const { port } = this;
    if (port === null) {
      return;
    }
    this.port = null;
    this.reason = `${this.settings.port}: ${reason}`;
    this.counters.connections = 0;
    this.retryAt = performance.now() + this.backoff.next();
    this.context.log.warn({ port: this.settings.port, reason }, "serial port closed");
    port.removeAllListeners("data");
    port.on("error", () => {});
    if (port.isOpen) {
      await new Promise<void>((resolve) => port.close(() => resolve()));
    }
  }

  /**
   * An adapter that is pulled out may take its name with it while the open port stays silent for ever, and one that is plugged
   * in again is another device node under the same name.
   */
  private async look(): Promise<void> {
    if (this.opening) {
      return;
    }
    this.opening = true;
    try {
      const node = await nodeOf(this.settings.port);
      if (this.port !== null) {
        await this.check(node);
      } else if (this.watch !== null && (node !== this.node || performance.now() >= this.retryAt)) {
        this.node = node;
        await this.reopen();
      }
    } finally {
      this.opening = false;
    }
  }

  private async check(node: number | null): Promise<void> {
    if (node !== this.node) {
      await this.close(node === null ? "it was unplugged" : "it was plugged in anew");
    } else if (performance.now() - this.heardAt > this.settings.silence) {
      await this.close(`no byte for ${Math.round(this.settings.silence / 1000)} s`);
    }
  }

  private async reopen(): Promise<void> {
    try {
      await this.open();
      if (this.watch === null) {
        await this.close("stopped");
      }
    } catch (error) {
      const reason = sentenceOf(error);
      if (reason !== this.reason) {
        const code = error instanceof ProblemError ? error.code : undefined;
        this.context.log.error({ port: this.settings.port, code }, reason);
      }
      this.reason = reason;
      this.retryAt = performance.now() + this.backoff.next();
    }
  }

  private refuse(reason: string): void {
    refuse(this.counters, this.context.log, reason, { port: this.settings.port });
  }
}

/** What is wrong, and what to do next. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof ProblemError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const { what, next } = problemText(error, "en");
  return `${what} ${next}`;
}

/** What stands at a path now, through links; null for nothing. */
async function nodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino;
  } catch {
    return null;
  }
}

export const definition = {
  kind: "serial",
  schema,
  create(settings: SerialSettings, context: LinkContext): GatewayLink {
    return new SerialLink(settings, context);
  },
} as const;

/**
 * A device at the gateway's door that keeps books: every frame it sealed, and every number that a sealed acknowledgement named. What is
 * not acknowledged is sent again, over as many lives of the gateway as it takes.
 */
import { connectAsync, type MqttClient } from "mqtt";
import type { DeviceEntry } from "../../gateway/registry/registry.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import {
  deriveSession,
  mqttPassword,
  open,
  parseHeader,
  type Session,
  seal,
} from "../../protocols/envelope.ts";
import { isFault } from "../../protocols/fault.ts";
import { decodeDown } from "../../protocols/message.ts";
import { messageBody } from "./sealed-message.ts";

export interface PublisherOptions {
  readonly entry: DeviceEntry;
  readonly deployment: string;
  /** Messages on their way at once. */
  readonly window: number;
}

/** The one epoch of its life. */
export const deviceEpoch = 1;
/** What was not acknowledged for so long is sent again, ms. */
const resendAfter = 300;

export class Publisher {
  readonly entry: DeviceEntry;
  /** Messages sealed so far; their numbers are 0 up to here. */
  sealed = 0;
  /** Numbers that a sealed acknowledgement named. */
  readonly acknowledged = new Set<number>();
  /** What must never be: acknowledged but not sent, or a downlink nonce used twice. */
  readonly violations: string[] = [];
  /** New messages are made up to this number. */
  limit = 0;
  readonly #options: PublisherOptions;
  readonly #session: Session;
  /** As they were sealed: a number is never sealed twice. */
  readonly #frames = new Map<number, Uint8Array>();
  /** By number, when it went out last, ms. */
  readonly #underWay = new Map<number, number>();
  readonly #downlinkNonces = new Set<string>();
  #again: number[] = [];
  #client: MqttClient | null = null;
  #resend: NodeJS.Timeout | null = null;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.entry = options.entry;
    this.#session = this.#sessionOf(deviceEpoch, "up");
  }

  /** Everything it sealed is acknowledged. */
  get done(): boolean {
    return this.acknowledged.size >= this.limit;
  }

  /** Connects and sends what is owed, a few messages that were acknowledged already, then new ones. */
  async connect(port: number): Promise<void> {
    const { entry, deployment } = this.#options;
    const { root, kid, name } = entry;
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
      protocolVersion: 4,
      clientId: name,
      username: name,
      password: mqttPassword(nodeCrypto, { root, deployment, kid }),
      reconnectPeriod: 0,
      connectTimeout: 20_000,
    });
    this.#client = client;
    client.on("error", () => {});
    client.on("message", (_topic, frame) => this.#take(frame));
    await client.subscribeAsync(`dreihasen/v1/${name}/down`, { qos: 1 });
    this.#again = [...this.#frames.keys()].filter((number) => !this.acknowledged.has(number));
    this.#resend = setInterval(() => this.#resendOld(), resendAfter / 3);
    this.#send();
  }

  /** The line is gone, however it went. */
  disconnect(): void {
    clearInterval(this.#resend ?? undefined);
    this.#client?.end(true);
    this.#client = null;
    this.#underWay.clear();
  }

  /** Sends a frame that was acknowledged once more, as a device does that lost the acknowledgement. */
  replay(number: number): void {
    const frame = this.#frames.get(number);
    if (frame !== undefined) {
      this.#publish(frame);
    }
  }

  /** Makes and sends messages up to this number. */
  sendUpTo(limit: number): void {
    this.limit = Math.max(limit, this.limit);
    this.#send();
  }

  #send(): void {
    while (this.#client !== null && this.#underWay.size < this.#options.window) {
      const number = this.#again.shift() ?? (this.sealed < this.limit ? this.sealed++ : null);
      if (number === null) {
        return;
      }
      if (!this.acknowledged.has(number)) {
        const frame = this.#frames.get(number) ?? this.#seal(number);
        this.#underWay.set(number, performance.now());
        this.#publish(frame);
      }
    }
  }

  #publish(frame: Uint8Array): void {
    const topic = `dreihasen/v1/${this.entry.name}/up`;
    this.#client?.publish(topic, Buffer.from(frame), { qos: 1 }, () => {});
  }

  #resendOld(): void {
    const old = performance.now() - resendAfter;
    for (const [number, at] of this.#underWay) {
      if (at < old) {
        this.#underWay.delete(number);
        this.#again.push(number);
      }
    }
    this.#send();
  }

  #seal(number: number): Uint8Array {
    const frame = seal(this.#session, number, messageBody(number));
    this.#frames.set(number, frame);
    return frame;
  }

  #take(frame: Uint8Array): void {
    const header = parseHeader(frame);
    const body = isFault(header) ? header : open(this.#sessionOf(header.epoch, "down"), header, frame);
    const message = isFault(body) ? body : decodeDown(body);
    if (isFault(header) || isFault(message)) {
      this.violations.push(`a frame from the gateway that does not hold`);
      return;
    }
    const nonce = `${header.epoch}/${header.piv}`;
    if (this.#downlinkNonces.has(nonce)) {
      this.violations.push(`the gateway used its nonce ${nonce} twice`);
    }
    this.#downlinkNonces.add(nonce);
    if (message.type === "ack") {
      for (const [from, to] of message.ranges) {
        for (let number = from; number <= to; number++) {
          this.#acknowledge(number);
        }
      }
      this.#send();
    }
  }

  #acknowledge(number: number): void {
    if (number >= this.sealed) {
      this.violations.push(`${this.entry.name} ${number} was acknowledged and never sent`);
    }
    this.acknowledged.add(number);
    this.#underWay.delete(number);
  }

  #sessionOf(epoch: number, direction: "up" | "down"): Session {
    const { entry, deployment } = this.#options;
    const { root, kid, alg } = entry;
    return deriveSession(nodeCrypto, { root, deployment, kid, epoch, alg, direction });
  }
}

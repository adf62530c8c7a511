/** A device led by hand: it has a key and a line to the gateway, and sends exactly the frames a test wants. */
import { MqttLink } from "../../boards/platforms/mqtt-link.ts";
import type { DeviceEntry } from "../../gateway/registry/registry.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { deriveSession, mqttPassword, open, parseHeader, seal } from "../../protocols/envelope.ts";
import { type Fault, isFault } from "../../protocols/fault.ts";
import { type DownMessage, decodeDown, encodeUp } from "../../protocols/message.ts";
import { createPackWriter } from "../../protocols/pack.ts";
import { type Shape, shapeId, shapeOf, shapeValue } from "../../protocols/shape.ts";
import { until } from "../programs.ts";

const shape = shapeOf([{ quantity: "temperature", exponent: -2 }], "interval", "rows") as Shape;
const id = shapeId(nodeCrypto, shape);
const patience = 30_000; // ms

export class HandDevice {
  readonly entry: DeviceEntry;
  /** What the gateway said, in order. */
  readonly answers: DownMessage[] = [];
  /** Numbers acknowledged, as `epoch/PIV`. */
  readonly acknowledged = new Set<string>();
  /** How often something was acknowledged that had been before. */
  again = 0;
  epoch = 0;
  /** Number of the next frame. */
  piv = 0;
  /** Every frame sealed so far, by its number. */
  readonly frames = new Map<string, Uint8Array>();
  /** Why the line is down; null while it is up. */
  trouble: Fault | null = null;
  readonly #deployment: string;
  readonly #port: number;
  #link: MqttLink | null = null;

  constructor(entry: DeviceEntry, deployment: string, port: number) {
    this.entry = entry;
    this.#deployment = deployment;
    this.#port = port;
  }

  /** Resolves when the line is up. */
  async connect(): Promise<void> {
    this.open();
    await until(`${this.entry.name} is connected`, () => this.#link?.ready() === true, patience);
  }

  /** Begins to connect, and goes on trying. */
  open(): void {
    const { root, kid, name } = this.entry;
    this.#link = new MqttLink({
      url: `mqtt://127.0.0.1:${this.#port}`,
      device: name,
      password: mqttPassword(nodeCrypto, { root, deployment: this.#deployment, kid }),
      ca: null,
      onState: (state) => {
        this.trouble = state;
      },
    });
    this.#link.onFrame = (frame) => this.#heard(frame);
  }

  get connected(): boolean {
    return this.#link?.ready() === true;
  }

  disconnect(): void {
    this.#link?.close();
    this.#link = null;
  }

  /** Starts a new epoch, as a boot does. */
  boot(): void {
    this.epoch++;
    this.piv = 0;
  }

  /** Seals a hello and the shape of its readings: what a device says first. */
  greet(uptime = 5): string[] {
    const hello = encodeUp({
      type: "hello",
      firmware: "test",
      board: "test",
      shapes: [id],
      bootReason: "power",
      uptime,
      previousEpoch: null,
      lastPiv: null,
      rowsDropped: 0,
    });
    return [this.seal(hello), this.seal(encodeUp({ type: "shape", shape: shapeValue(shape) }))];
  }

  /** Seals a pack of temperatures, in hundredths of a degree, one a second; gives its number. */
  measure(values: readonly number[], { time = Date.now(), relative = false } = {}): string {
    const writer = createPackWriter({ shape, id, rowsMax: 1800 });
    writer.begin({ time, timeQuality: relative ? "relative" : "synced", step: 1000 });
    values.forEach((value, i) => {
      writer.add(time + i * 1000, [value]);
    });
    return this.seal(writer.flush().slice());
  }

  /** Seals a message that is authentic and says nothing: it takes room and makes no record. */
  babble(): string {
    return this.seal(new Uint8Array(4000));
  }

  seal(body: Uint8Array): string {
    const { root, kid, alg } = this.entry;
    const { epoch } = this;
    const number = `${epoch}/${this.piv}`;
    const order = { root, deployment: this.#deployment, kid, epoch, alg, direction: "up" } as const;
    this.frames.set(number, seal(deriveSession(nodeCrypto, order), this.piv++, body).slice());
    return number;
  }

  /** Puts frames on the line, once each. */
  send(...numbers: readonly string[]): void {
    for (const number of numbers) {
      this.sendRaw(this.frames.get(number)!);
    }
  }

  sendRaw(frame: Uint8Array): void {
    this.#link?.send(frame);
  }

  /** Sends until everything is acknowledged, as a device does; resolves then. */
  async deliver(...numbers: readonly string[]): Promise<void> {
    let sentAt = Number.NEGATIVE_INFINITY;
    await until(
      `${this.entry.name} gets its acknowledgements`,
      () => {
        const waiting = numbers.filter((number) => !this.acknowledged.has(number));
        if (waiting.length > 0 && this.connected && performance.now() - sentAt > 1000) {
          sentAt = performance.now();
          this.send(...waiting);
        }
        return waiting.length === 0;
      },
      patience,
    );
  }

  #heard(frame: Uint8Array): void {
    const header = parseHeader(frame);
    if (isFault(header)) {
      throw new Error(header.detail);
    }
    const { root, kid, alg } = this.entry;
    const order = {
      root,
      deployment: this.#deployment,
      kid,
      epoch: header.epoch,
      alg,
      direction: "down",
    } as const;
    const body = open(deriveSession(nodeCrypto, order), header, frame);
    const message = isFault(body) ? body : decodeDown(body);
    if (isFault(message)) {
      throw new Error(message.detail);
    }
    this.answers.push(message);
    if (message.type === "ack") {
      this.#note(message.deviceEpoch, message.ranges);
    }
  }

  #note(epoch: number, ranges: readonly (readonly [number, number])[]): void {
    for (const [from, to] of ranges) {
      for (let piv = from; piv <= to; piv++) {
        const number = `${epoch}/${piv}`;
        this.again += this.acknowledged.has(number) ? 1 : 0;
        this.acknowledged.add(number);
      }
    }
  }
}

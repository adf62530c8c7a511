import { connect, type Socket } from "node:net";
import {
  connectPacket,
  type Greeting,
  PacketReader,
  packetType,
  publishPacket,
  subscribePacket,
} from "./mqtt-packets.ts";

/** Messages of one connection that may wait for their PUBACK. */
export const windowMax = 20;
const idMax = 65_535;

/** One connection of the load generator: messages made before they are sent, so that sending costs next to nothing. */
export class LoadLine {
  /** ms from sending a message to its PUBACK. */
  latencies: Float64Array = new Float64Array(0);
  /** Unix ms of sending. */
  moments: Float64Array = new Float64Array(0);
  acknowledged = 0;
  sent = 0;
  readonly #socket: Socket;
  readonly #reader = new PacketReader((head, bytes, from) => this.#take(head, bytes, from));
  #packets: Buffer = Buffer.alloc(0);
  /** Where each message ends in `packets`. */
  #ends: number[] = [];
  #told: (() => void) | null = null;
  #moved: (() => void) | null = null;
  /** Whether acknowledged messages make room for the next ones at once. */
  #windowed = false;

  /** Resolves when the broker has taken the connection, and the subscription where there is one. */
  static async open(port: number, greeting: Greeting, hears?: string): Promise<LoadLine> {
    const line = new LoadLine(port);
    await line.#ask(connectPacket(greeting));
    if (hears !== undefined) {
      await line.#ask(subscribePacket(hears));
    }
    return line;
  }

  private constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk) => {
      this.#reader.push(chunk);
      if (this.#windowed) {
        this.#fill();
      }
    });
  }

  get whole(): boolean {
    return this.acknowledged === this.#ends.length;
  }

  /** The messages of the next run. */
  load(topic: string, payloads: readonly Uint8Array[]): void {
    const packets = payloads.map((payload, i) => publishPacket(topic, idOf(i), payload));
    let end = 0;
    this.#ends = packets.map(({ length }) => (end += length));
    this.#packets = Buffer.concat(packets);
    this.latencies = new Float64Array(packets.length);
    this.moments = new Float64Array(packets.length);
    this.sent = 0;
    this.acknowledged = 0;
  }

  /** Sends all of it, as fast as the window lets it; `moved` is called after acknowledgements. */
  flood(moved: () => void): void {
    this.#moved = moved;
    this.#windowed = true;
    this.#fill();
  }

  /** Sends the next message. */
  step(moved: () => void): void {
    this.#moved = moved;
    this.#windowed = false;
    this.#send(1);
  }

  close(): void {
    this.#socket.destroy();
  }

  #fill(): void {
    const room = windowMax - (this.sent - this.acknowledged);
    const count = Math.min(room, this.#ends.length - this.sent);
    if (count > 0) {
      this.#send(count);
    }
  }

  #send(count: number): void {
    const from = this.sent === 0 ? 0 : this.#ends[this.sent - 1];
    const now = performance.now();
    this.latencies.fill(-now, this.sent, this.sent + count);
    this.moments.fill(performance.timeOrigin + now, this.sent, this.sent + count);
    this.sent += count;
    this.#socket.write(this.#packets.subarray(from, this.#ends[this.sent - 1]));
  }

  #take(head: number, bytes: Buffer, from: number): void {
    if (head === packetType.puback) {
      // MQTT 3.1.1 §4.6: in the order in which the messages were sent.
      if (bytes.readUInt16BE(from) !== idOf(this.acknowledged)) {
        throw new Error(`PUBACK ${bytes.readUInt16BE(from)}, awaited ${idOf(this.acknowledged)}`);
      }
      this.latencies[this.acknowledged++] += performance.now();
      this.#moved?.();
    } else if (head === packetType.connack && bytes[from + 1] !== 0) {
      throw new Error(`the broker refuses the connection with code ${bytes[from + 1]}`);
    } else if (head === packetType.connack || head === packetType.suback) {
      this.#told?.();
    }
  }

  #ask(question: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = () => reject(new Error("the broker closed the connection"));
      this.#socket.once("close", lost);
      this.#socket.once("error", reject);
      this.#told = () => {
        this.#told = null;
        this.#socket.removeListener("close", lost);
        this.#socket.removeListener("error", reject);
        resolve();
      };
      this.#socket.write(question);
    });
  }
}

function idOf(index: number): number {
  return (index % idMax) + 1;
}

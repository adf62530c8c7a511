import { connect, type Socket } from "node:net";
import { connectPacket, PacketReader, packetType, subscribePacket } from "./mqtt-packets.ts";

/** What a broker is asked for again while it starts, ms. */
const knockEvery = 2;

/** A subscriber at the city's broker that counts what arrives. */
export class CityEar {
  /** Messages, or records where they are SenML packs. */
  count = 0;
  /** When the first since `expect` came, and how many came with it; ms. */
  #first: { readonly at: number; readonly count: number } | null = null;
  #expected: { readonly count: number; readonly reached: () => void } | null = null;
  readonly #mark: string | null;
  readonly #port: number;
  #socket: Socket | null = null;

  /** `mark` is what stands in a payload once for each record; without it every message is one. */
  constructor(port: number, mark: string | null) {
    this.#port = port;
    this.#mark = mark;
  }

  /** Knocks until the broker takes the connection and the subscription. */
  async listen(): Promise<void> {
    while (!(await this.#attempt())) {
      await new Promise((resolve) => setTimeout(resolve, knockEvery));
    }
  }

  /** Resolves when so many more have come: ms from the first to the last, and how many came after the first chunk. */
  async expect(
    count: number,
    within = 120_000,
  ): Promise<{ milliseconds: number; after: number; at: number }> {
    this.count = 0;
    this.#first = null;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#expected = { count, reached: resolve };
      timer = setTimeout(
        () => reject(new Error(`${this.count} of ${count} arrived within ${within} ms`)),
        within,
      );
    }).finally(() => clearTimeout(timer));
    const at = performance.now();
    const first = this.#first!;
    return { milliseconds: at - first.at, after: count - first.count, at };
  }

  close(): void {
    this.#socket?.destroy();
  }

  #attempt(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, "127.0.0.1");
      const reader = new PacketReader((head, bytes, from, to) => {
        if (head === packetType.connack) {
          socket.write(subscribePacket("#"));
        } else if (head === packetType.suback) {
          this.#socket = socket;
          resolve(true);
        } else if ((head & 0xf0) === packetType.publish) {
          this.count += this.#mark === null ? 1 : marks(bytes.subarray(from, to), this.#mark);
        }
      });
      socket.on("data", (chunk) => {
        reader.push(chunk);
        this.#counted();
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(false));
      socket.on("connect", () => socket.write(connectPacket({ clientId: `bench-ear-${process.pid}` })));
    });
  }

  #counted(): void {
    if (this.count > 0) {
      this.#first ??= { at: performance.now(), count: this.count };
    }
    if (this.#expected !== null && this.count >= this.#expected.count) {
      const { reached } = this.#expected;
      this.#expected = null;
      reached();
    }
  }
}

function marks(bytes: Buffer, mark: string): number {
  let count = 0;
  for (
    let at = bytes.indexOf(mark, 0, "latin1");
    at >= 0;
    at = bytes.indexOf(mark, at + mark.length, "latin1")
  ) {
    count++;
  }
  return count;
}

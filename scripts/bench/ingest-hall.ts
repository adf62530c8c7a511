import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FailureBudget } from "../../gateway/budget.ts";
import { Downlink } from "../../gateway/downlink.ts";
import { Ingest } from "../../gateway/ingest.ts";
import { silentLog } from "../../gateway/log.ts";
import { type DeviceEntry, DeviceRegistry } from "../../gateway/registry/registry.ts";
import { nodeFiles } from "../../gateway/spool/node-files.ts";
import { Spool, type SpoolHooks } from "../../gateway/spool/spool.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { algCcm } from "../../protocols/envelope.ts";
import { encodeUp } from "../../protocols/message.ts";
import { shapeValue } from "../../protocols/shape.ts";
import { airShape, deployment, powerShape, Sender } from "./sealed-load.ts";

const devices = 50;
/** Messages of one device on their way at once; the next one comes when one is settled. */
const windowMax = 20;

/** What one run of messages cost. */
export interface Run {
  readonly messages: number;
  readonly seconds: number;
  /** Of this process, all threads, us. */
  readonly cpu: number;
  /** Bytes that came in as frames, and that went out to the spool's files. */
  readonly frameBytes: number;
  readonly written: number;
}

/** The inner part of a gateway on the real disk, as gateway/main.ts puts it together, with fifty devices at its door. */
export class IngestHall {
  readonly ingest: Ingest;
  readonly entries: readonly DeviceEntry[];
  readonly #folder: string;
  readonly #registry: DeviceRegistry;
  readonly #spool: Spool;
  readonly #senders: readonly Sender[];

  static async open(): Promise<IngestHall> {
    const folder = mkdtempSync(join(tmpdir(), "hasen-bench-ingest-"));
    const registry = await DeviceRegistry.open(join(folder, "devices.d"));
    for (let i = 0; i < devices; i++) {
      await registry.create({ name: `bench-meter-${i}`, alg: algCcm, personal: true });
    }
    const hooks: SpoolHooks = {};
    const spool = await Spool.open(
      { folder: join(folder, "spool"), bytesMax: 64 * 1024 * 1024, hooks },
      nodeFiles,
    );
    const hall = new IngestHall(folder, registry, spool);
    Object.assign(hooks, { snapshot: () => hall.ingest.knowledge.snapshot() });
    await hall.#announceShapes();
    return hall;
  }

  private constructor(folder: string, registry: DeviceRegistry, spool: Spool) {
    this.#folder = folder;
    this.#registry = registry;
    this.#spool = spool;
    this.entries = registry.entries();
    this.#senders = this.entries.map((entry) => new Sender(entry));
    this.ingest = new Ingest({
      spool,
      registry,
      crypto: nodeCrypto,
      deployment,
      downlink: new Downlink(1),
      budget: new FailureBudget({ capacity: 64, perSecond: 1 }),
      log: silentLog(),
      now: () => Date.now(),
      monotonic: () => performance.now(),
      stored: () => {},
    });
  }

  /** Every device sends so many packs through its window; sealing them is not in the figure. */
  async run(pack: () => Uint8Array, perDevice: number): Promise<Run> {
    const lines = this.#senders.map((sender) =>
      asRead(Array.from({ length: perDevice }, () => sender.frame(pack()))),
    );
    const frameBytes = lines.flat().reduce((sum, frame) => sum + frame.length, 0);
    globalThis.gc?.();
    const before = { stored: this.ingest.counts.stored, written: this.#spool.stats().bytesWritten };
    const cpu = process.cpuUsage();
    const start = performance.now();
    await this.#send(lines);
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const messages = this.ingest.counts.stored - before.stored;
    if (messages !== lines.length * perDevice) {
      throw new Error(`${messages} of ${lines.length * perDevice} messages were stored`);
    }
    const written = this.#spool.stats().bytesWritten - before.written;
    return { messages, seconds, cpu: user + system, frameBytes, written };
  }

  async close(): Promise<void> {
    await this.#spool.close();
    this.#registry.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #announceShapes(): Promise<void> {
    const shapes = [powerShape, airShape].map((shape) =>
      encodeUp({ type: "shape", shape: shapeValue(shape) }),
    );
    await this.#send([shapes.map((body) => this.#senders[0].frame(body))]);
  }

  /** As links hand them in: what one turn settled makes room for what the next one brings. */
  #send(lines: readonly (readonly Uint8Array[])[]): Promise<void> {
    return new Promise((resolve) => {
      let left = lines.reduce((sum, { length }) => sum + length, 0);
      let scheduled = false;
      const queues = lines.map((frames, i) => new Line(frames, `bench:${i}`));
      const feed = (): void => {
        scheduled = false;
        for (const queue of queues) {
          for (let frame = queue.next(); frame !== null; frame = queue.next()) {
            this.ingest.receive(frame, queue, queue.settled);
          }
        }
      };
      for (const queue of queues) {
        queue.settled = () => {
          queue.underWay--;
          if (--left === 0) {
            resolve();
          } else if (!scheduled) {
            scheduled = true;
            setImmediate(feed);
          }
        };
      }
      feed();
    });
  }
}

/** Frames as a link has them: views into what was read from a socket. */
function asRead(frames: readonly Uint8Array[]): Buffer[] {
  const read = Buffer.concat(frames);
  let at = 0;
  return frames.map(({ length }) => {
    at += length;
    return read.subarray(at - length, at);
  });
}

/** The frames of one device, and how many of them are on their way. */
class Line {
  readonly address: string;
  readonly reply = (): boolean => true;
  settled: () => void = () => {};
  underWay = 0;
  readonly #frames: readonly Uint8Array[];
  #at = 0;

  constructor(frames: readonly Uint8Array[], address: string) {
    this.#frames = frames;
    this.address = address;
  }

  /** Null while the window is full, and at the end. */
  next(): Uint8Array | null {
    if (this.underWay >= windowMax || this.#at >= this.#frames.length) {
      return null;
    }
    this.underWay++;
    return this.#frames[this.#at++];
  }
}

/** A gateway's heart with two rings on a simulated disk, in virtual time, and three devices that speak to it: for tests. */
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { algCcm, algMac, deriveSession, open, parseHeader, seal } from "../protocols/envelope.ts";
import { isFault } from "../protocols/fault.ts";
import { type DownMessage, decodeDown, encodeUp, type UpMessage } from "../protocols/message.ts";
import { createPackWriter } from "../protocols/pack.ts";
import { type Shape, shapeId, shapeOf, shapeValue } from "../protocols/shape.ts";
import { FailureBudget } from "./budget.ts";
import { Core } from "./core.ts";
import { silentLog } from "./log.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import type { CityRecord, Gap, Sink } from "./sink.ts";
import { SimulatedDisk, seededRandom } from "./spool/simulated-disk.ts";
import { VirtualClock } from "./spool/virtual-clock.ts";

const deployment = "paderborn";
/** The third one has no encryption. */
export const devices: readonly DeviceEntry[] = [1, 2, 3].map((kid) => ({
  device: `urn:dev:ops:pb-test-meter-${kid}`,
  name: `pb-test-meter-${kid}`,
  kid,
  alg: kid === 3 ? algMac : algCcm,
  root: Uint8Array.from({ length: 16 }, (_, i) => i + kid),
  state: "active",
  personal: kid !== 3,
}));

export const air = shapeOf([{ quantity: "temperature", exponent: -2 }], "interval", "rows") as Shape;
export const power = shapeOf([{ quantity: "activePower", exponent: -2 }], "interval", "rows") as Shape;

const daysMax = 30;

/** What a device says at its boot. */
export const hello: UpMessage = {
  type: "hello",
  firmware: "0.1.0",
  board: "test",
  shapes: [],
  bootReason: "power",
  uptime: 5,
  previousEpoch: null,
  lastPiv: null,
  rowsDropped: 0,
};

export class CoreTrial {
  readonly clock = new VirtualClock();
  disk = new SimulatedDisk(seededRandom(7));
  core!: Core;
  /** What devices were told. */
  answers: DownMessage[] = [];
  /** Numbers that were acknowledged: they are on disk. */
  readonly stored = new Set<number>();
  readonly #segmentBytes: number;
  #piv = 0;

  constructor(segmentBytes = 65_536) {
    this.#segmentBytes = segmentBytes;
  }

  /** Starts on the disk as it is; `segments` of the readings' ring. */
  async start(segments = 4): Promise<void> {
    const segmentBytes = this.#segmentBytes;
    const ring = { segmentBytes, linger: 0, retryDelay: 0 };
    const opened = await Core.open({
      spool: { ...ring, folder: "/spool", bytesMax: segments * segmentBytes, daysMax, salt: () => 1 },
      kept: {
        ...ring,
        folder: "/spool/kept",
        bytesMax: 4 * segmentBytes,
        policyWhenFull: "refuse",
        salt: () => 2,
      },
      files: this.disk,
      clock: this.clock,
      clockWatch: { synchronised: () => true, tellsTime: () => true },
      registry: { byKid: (kid) => devices.find((entry) => entry.kid === kid) ?? null },
      crypto: nodeCrypto,
      deployment,
      budget: new FailureBudget({ capacity: 20, perSecond: 1 }),
      log: silentLog(),
      random: () => 0.5,
      later: (call) => queueMicrotask(call),
    });
    if (isFault(opened)) {
      throw new Error(opened.detail);
    }
    this.core = opened;
  }

  /** The power goes away and comes back. */
  async cut(): Promise<void> {
    this.disk = this.disk.crash(seededRandom(4));
    await this.start();
  }

  /** Sends one message of a device; gives its number when its fate is decided. */
  async send(message: UpMessage | Uint8Array, kid = 1, epoch = 1): Promise<number> {
    const number = this.#piv++;
    const { root, alg } = devices[kid - 1];
    const session = deriveSession(nodeCrypto, { root, deployment, kid, epoch, alg, direction: "up" });
    const body = message instanceof Uint8Array ? message : encodeUp(message);
    const frame = seal(session, number, body).slice();
    const reply = (answer: Uint8Array): boolean => this.#told(answer, devices[kid - 1]);
    await new Promise<void>((settled) =>
      this.core.ingest.receive(frame, { address: "test", reply }, settled),
    );
    if (this.core.ingest.devices.byKid(kid)?.received.standing(epoch, number) === "received") {
      this.stored.add(number);
    }
    await this.pass(1);
    return number;
  }

  #told(answer: Uint8Array, { root, alg, kid }: DeviceEntry): boolean {
    const header = parseHeader(answer);
    if (!isFault(header)) {
      const { epoch } = header;
      const down = deriveSession(nodeCrypto, { root, deployment, kid, epoch, alg, direction: "down" });
      const body = open(down, header, answer);
      const said = isFault(body) ? body : decodeDown(body);
      this.answers.push(...(isFault(said) ? [] : [said]));
    }
    return true;
  }

  /** Lets time pass, ms, and everything happen that waits for it. */
  async pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 50) {
      this.clock.pass(Math.min(50, milliseconds));
      for (let turns = 0; turns < 4; turns++) {
        await new Promise((turn) => setImmediate(turn));
      }
    }
  }

  /** A platform that takes everything, or nothing while it is `away`; what it took. */
  city(away = false): { readonly records: CityRecord[]; readonly gaps: Gap[]; away: boolean } {
    const at = { records: [] as CityRecord[], gaps: [] as Gap[], away };
    this.core.forward({
      name: "city",
      recordsMax: 500,
      window: 2,
      start: async () => {},
      stop: async () => {},
      state: () => ({ connected: true, trouble: null }),
      send: async ({ records, gaps }) => {
        if (at.away) {
          return { fault: "unreachable", detail: "away", transient: true };
        }
        at.records.push(...records);
        at.gaps.push(...gaps);
        return { delivered: true };
      },
    } satisfies Sink);
    return at;
  }
}

/** A pack of one row, every column with this value; under another id where one is given. */
export function pack(shape: Shape, value: number, id = shapeId(nodeCrypto, shape)): Uint8Array {
  const writer = createPackWriter({ shape, id, rowsMax: 4 });
  writer.begin({ time: 1_763_000_000_000, timeQuality: "synced", step: 1000 });
  writer.add(
    1_763_000_000_000,
    shape.columns.map(() => value),
  );
  return writer.flush().slice();
}

export const says = (shape: Shape): UpMessage => ({ type: "shape", shape: shapeValue(shape) });

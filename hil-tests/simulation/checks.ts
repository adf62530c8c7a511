/**
 * What must be true of a crash image: a disk as it was left at some moment, given to a fresh gateway. It must start, know every message
 * that was acknowledged, bring to each city what that city is still owed or name it as dropped, and bring nothing false.
 */
import { VirtualTime } from "../../boards/platforms/timers.ts";
import { Core } from "../../gateway/core.ts";
import { decodeGap, decodeMessageEntry, entryKind } from "../../gateway/entry.ts";
import type { Sink, SinkBatch } from "../../gateway/sink.ts";
import type { SimulatedDisk } from "../../gateway/spool/simulated-disk.ts";
import type { Spool } from "../../gateway/spool/spool.ts";
import { isFault } from "../../protocols/fault.ts";
import { coreOptions, type GatewaySetting } from "./gateway.ts";
import type { Damage } from "./shape-damage.ts";
import { givesUpShape, shapeGivenUp, type TrueMessage, type Truth } from "./truth.ts";

/** A crash image, and what was promised when it was taken. */
export interface Moment {
  readonly disk: SimulatedDisk;
  /** How many messages had been acknowledged. */
  readonly acknowledged: number;
  /** By city, acknowledged messages that it neither had nor was told of. */
  readonly owing: readonly (readonly TrueMessage[])[];
  /** Boot epochs under which something had been sent. */
  readonly bootEpochs: ReadonlySet<number>;
  /** Whether all is carried to probes and looked at, which costs more than to see that it lies where it will be carried from. */
  readonly thorough: boolean;
  /** What was in the block that was damaged after the cut; null where none was. */
  readonly damage: Damage | null;
  /** Whether the gateway's own disk was damaged in an earlier life, so that it may well say so. */
  readonly damagedBefore: boolean;
}

/** What is wrong with an image; null when all is well. */
export async function violationOf(
  moment: Moment,
  truth: Truth,
  setting: GatewaySetting,
): Promise<string | null> {
  const time = new VirtualTime();
  let core: Awaited<ReturnType<typeof Core.open>>;
  try {
    core = await Core.open(coreOptions(setting, { files: moment.disk, time, random: () => 0.5 }));
  } catch (thrown) {
    return `the gateway does not start: ${thrown instanceof Error ? thrown.message : thrown}`;
  }
  if (isFault(core)) {
    return `the gateway does not start: ${core.detail}`;
  }
  for (const { recovery } of moment.damage === null && !moment.damagedBefore ? core.rings : []) {
    const { lost, setAside } = recovery;
    if (lost.length > 0 || setAside.length > 0) {
      return `it claims damage where there is none: ${JSON.stringify({ lost, setAside })}`;
    }
  }
  if (moment.bootEpochs.has(core.bootEpoch)) {
    return `boot epoch ${core.bootEpoch} is given a second time`;
  }
  return unknownOf(core, moment, truth) ?? (await undeliveredOf(core, moment, truth, time));
}

/** An acknowledged message that would be taken again. */
function unknownOf(core: Core, { acknowledged, damage }: Moment, truth: Truth): string | null {
  for (const { kid, epoch, piv, id, excused } of truth.acknowledged.slice(0, acknowledged)) {
    const standing = core.ingest.devices.byKid(kid)?.received.standing(epoch, piv);
    const lost = excused || damage?.lost.has(id) === true;
    if (standing !== "received" && standing !== "old-epoch" && !lost) {
      return `message ${id} was acknowledged and is forgotten: it is ${standing}`;
    }
  }
  return null;
}

/** An acknowledged message that some city neither has nor would get. */
async function undeliveredOf(
  core: Core,
  moment: Moment,
  truth: Truth,
  time: VirtualTime,
): Promise<string | null> {
  const probes = (): Probe[] => moment.owing.map((_, city) => new Probe(`city-${city}`, truth));
  const seen = probes();
  for (const probe of seen) {
    probe.look(core);
  }
  const first = wrongWith(core, moment, seen);
  // What is not there may be on its way: gaps not yet on disk, packs whose shape had come.
  if (first === null && !moment.thorough && moment.damage === null) {
    return null;
  }
  const carried = probes();
  for (const probe of carried) {
    core.forward(probe.sink);
  }
  await pass(time, () => time.monotonic() + shortly);
  // What a full spool refused is tried again after some seconds.
  if (wrongWith(core, moment, carried) !== null) {
    await pass(time, () => later);
  }
  return wrongWith(core, moment, carried);
}

/** Lets happen what is due by some time, ms, and what follows from it. */
async function pass(time: VirtualTime, end: () => number): Promise<void> {
  await settle();
  for (let steps = 0; steps < stepsMax && time.step(end()); steps++) {
    await settle();
  }
}

function wrongWith(core: Core, moment: Moment, probes: readonly Probe[]): string | null {
  const parked = new Set(core.ingest.shapes.parked().map(({ message }) => message));
  for (const [city, probe] of probes.entries()) {
    if (probe.wrong !== null) {
      return probe.wrong;
    }
    const missing = moment.owing[city].find(
      (message) =>
        !probe.has(message) && !parked.has(message.id) && moment.damage?.lost.has(message.id) !== true,
    );
    if (missing !== undefined) {
      return `message ${missing.id} was acknowledged; city ${city} has not got it, will not get it, and is not told`;
    }
  }
  return null;
}

/** Longer than the spool lingers, ms. */
const shortly = 30;
/** ms in which everything a gateway does now and then has been done twice. */
const later = 12_000;
const stepsMax = 500;

/** A platform that takes everything at once. */
class Probe {
  readonly sink: Sink;
  wrong: string | null = null;
  /** Messages that lie ahead of the cursor. */
  readonly #ahead = new Set<string>();
  readonly #records = new Map<string, Set<string>>();
  readonly #named: { kid: number; epoch: number; from: number; to: number }[] = [];
  readonly #truth: Truth;

  constructor(name: string, truth: Truth) {
    this.#truth = truth;
    this.sink = {
      name,
      recordsMax: 500,
      window: 4,
      start: async () => {},
      stop: async () => {},
      state: () => ({ connected: true, trouble: null }),
      send: async (batch) => {
        this.#take(batch);
        return { delivered: true };
      },
    };
  }

  /** Sees what lies ahead of its cursor, without having it carried. */
  look({ rings }: Core): void {
    for (const ring of rings) {
      this.#lookAt(ring);
    }
  }

  #lookAt(spool: Spool): void {
    for (let at = spool.cursor(this.sink.name).position; ; ) {
      const entries = spool.read(at, { entries: 1024, bytes: 1 << 20 });
      for (const { kind, payload } of entries) {
        this.#see(kind, payload);
      }
      if (entries.length === 0) {
        return;
      }
      at = entries[entries.length - 1].next;
    }
  }

  #see(kind: number, payload: Uint8Array): void {
    const message = kind === entryKind.message ? decodeMessageEntry(payload) : null;
    const stored = kind === entryKind.gap || kind === entryKind.undeclared ? decodeGap(payload) : null;
    if (message !== null && !isFault(message) && !message.parked) {
      const id = `${message.kid}/${message.epoch}/${message.piv}`;
      if (this.#ahead.has(id)) {
        this.wrong ??= `message ${id} is stored twice`;
      }
      this.#ahead.add(id);
      if (!this.#truth.messages.has(id)) {
        this.wrong ??= `message ${id} is stored, and nobody sealed it`;
      }
    } else if (stored !== null && !isFault(stored)) {
      this.#take({ records: [], gaps: [stored.gap] });
    }
  }

  has({ id, kid, epoch, piv, records }: TrueMessage): boolean {
    return (
      this.#ahead.has(id) ||
      this.#records.get(id)?.size === records ||
      this.#named.some((gap) => gap.kid === kid && gap.epoch === epoch && gap.from <= piv && piv <= gap.to)
    );
  }

  #take({ records, gaps }: SinkBatch): void {
    for (const record of records) {
      this.wrong ??= this.#truth.falsehood(record);
      const id = this.#truth.idOf(record);
      const had = this.#records.get(id) ?? new Set();
      const key = `${record.dh} ${record.n}`;
      if (had.has(key)) {
        this.wrong ??= `message ${id} is stored twice`;
      }
      this.#records.set(id, had.add(key));
    }
    for (const gap of gaps) {
      const { device, epoch, from, to, state } = gap;
      const kid = this.#truth.kidOf(device);
      if (givesUpShape(gap)) {
        this.wrong ??= shapeGivenUp(gap);
      }
      if (kid !== undefined && to !== null && state === "dropped") {
        this.#named.push({ kid, epoch, from, to });
      }
    }
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

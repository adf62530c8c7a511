/**
 * Loss accounting: numbers rise by exactly 1 within an epoch, so what is missing can be named. Holes among a device's received
 * numbers become gap records when they have stayed open for a while, and change their state when they are filled or can never be.
 */
import { highest, insertRange, missing, type Ranges, size, subtract } from "../protocols/ranges.ts";
import type { EpochRecord } from "./entry.ts";
import type { Gap } from "./sink.ts";

/** What is known of one device, as losses sees it. */
export interface Witness {
  readonly kid: number;
  /** URN. */
  readonly device: string;
  /** Newest first. */
  readonly epochs: readonly EpochRecord[];
}

/** How an epoch ended, as the hello of a later one tells. */
interface Ending {
  /** Its last number; null where the device does not know. */
  readonly last: number | null;
  /** When the device began anew, Unix ms. */
  readonly before: number;
}

/** What is held of one epoch of one device. */
interface EpochLoss {
  ending: Ending | null;
  /** Numbers declared missing and not settled since. */
  told: Ranges;
  /** The epoch's end was declared unknown. */
  openEnded: boolean;
}

const nothingLost: EpochLoss = { ending: null, told: [], openEnded: false };

/** What a snapshot keeps. */
export interface LossState {
  readonly epochs: readonly (Readonly<EpochLoss> & { readonly kid: number; readonly epoch: number })[];
  readonly rowsDropped: readonly (readonly [string, number])[];
}

/** A hole is told to the sinks once it is this old, ms: messages overtake each other, and resends take a moment. */
export const grace = 60_000;
/** Epochs before the newest that are still heard (received.ts). */
const olderEpochs = 4;

const lostReason = "not received";
const tooOld = "not received, and from too long ago to be taken any more";
const unknownEnd = "the device does not know what it sent last before it was switched off";

export class Losses {
  readonly #declare: (gap: Gap, kid: number) => void;
  /** By kid, then by epoch. Only authentic messages get here, so it is bounded by the registry. */
  readonly #devices = new Map<number, Map<number, EpochLoss>>();
  /** When a hole was first seen, by device, epoch and first number; ms of the monotonic clock. */
  #seen = new Map<string, number>();
  /** Rows that devices lost before they sealed them, as they count themselves. */
  readonly #rowsDropped = new Map<string, number>();

  constructor(declare: (gap: Gap, kid: number) => void) {
    this.#declare = declare;
  }

  /** A hello or status says how many rows were lost on the device itself. */
  rows(device: string, count: number): void {
    this.#rowsDropped.set(device, count);
  }

  get rowsDropped(): ReadonlyMap<string, number> {
    return this.#rowsDropped;
  }

  /** A hello says how an earlier epoch ended. */
  ended(kid: number, epoch: number, last: number | null, before: number): void {
    this.#epoch(kid, epoch).ending = { last, before };
  }

  /** The device gave these up; the sinks hear it from its message. */
  dropped(kid: number, epoch: number, ranges: Ranges): void {
    const loss = this.#devices.get(kid)?.get(epoch);
    if (loss !== undefined) {
      loss.told = subtract(loss.told, ranges);
    }
  }

  /** A gap record found in the spool at start: what the sinks were told before. */
  restore(gap: Gap, kid: number): void {
    if (gap.sink !== undefined) {
      return;
    }
    const loss = this.#epoch(kid, gap.epoch);
    if (gap.to === null) {
      loss.openEnded = true;
    } else if (gap.state === "open") {
      loss.told = insertRange(loss.told, gap.from, gap.to);
    } else {
      loss.told = subtract(loss.told, [[gap.from, gap.to]]);
    }
  }

  /** The numbers of a device that never came, whether told yet or not; `to` is null where its end is not known. */
  of(witness: Witness): readonly Gap[] {
    return this.#epochsOf(witness).flatMap((record) => {
      const ending = this.#ending(witness.kid, record.epoch);
      const gap = (from: number, to: number | null): Gap =>
        this.#gap(witness, record.epoch, from, to, "open", lostReason);
      const holes = holesOf(record, ending).map(([from, to]) => gap(from, to));
      return ending?.last === null
        ? [...holes, { ...gap(highest(record.received) + 1, null), reason: unknownEnd }]
        : holes;
    });
  }

  /** How many messages are missing over these devices. */
  count(witnesses: Iterable<Witness>): number {
    let total = 0;
    for (const witness of witnesses) {
      for (const record of this.#epochsOf(witness)) {
        total += size(holesOf(record, this.#ending(witness.kid, record.epoch)));
      }
    }
    return total;
  }

  /** Tells what has changed. To be called now and then; `now` in ms of the monotonic clock. */
  check(witnesses: Iterable<Witness>, now: number): void {
    const seen = new Map<string, number>();
    for (const witness of witnesses) {
      const epochs = this.#epochsOf(witness);
      for (const record of epochs) {
        this.#checkEpoch(witness, record, now, seen);
      }
      this.#forget(witness, epochs);
    }
    this.#seen = seen;
  }

  /**
   * What a snapshot has to hold, as if these gaps, the oldest first, had not been declared yet. `hasAll` says whether all numbers of an
   * epoch up to this one came: nothing is to be told of it any more.
   */
  state(
    undeclared: readonly { readonly gap: Gap; readonly kid: number | null }[] = [],
    hasAll: (kid: number, epoch: number, last: number) => boolean = () => false,
  ): LossState {
    const settled = (kid: number, epoch: number, { ending, told, openEnded }: EpochLoss): boolean => {
      const last = ending?.last ?? null;
      const ended = ending === null || (last !== null && hasAll(kid, epoch, last));
      return ended && told.length === 0 && !openEnded;
    };
    const epochs = new Map<string, LossState["epochs"][number]>(
      [...this.#devices].flatMap(([kid, losses]) =>
        [...losses]
          .filter(([epoch, loss]) => !settled(kid, epoch, loss))
          .map(([epoch, loss]) => [`${kid}/${epoch}`, { kid, epoch, ...loss }] as const),
      ),
    );
    for (const { gap, kid } of [...undeclared].reverse()) {
      if (kid !== null) {
        const key = `${kid}/${gap.epoch}`;
        const known = this.#devices.get(kid)?.get(gap.epoch) ?? nothingLost;
        const loss = epochs.get(key) ?? { kid, epoch: gap.epoch, ...known };
        epochs.set(key, { ...loss, ...untold(loss, gap) });
      }
    }
    return {
      epochs: [...epochs.values()],
      rowsDropped: [...this.#rowsDropped].filter(([, count]) => count > 0),
    };
  }

  /** Takes in a snapshot found in the spool. */
  restoreState(state: LossState): void {
    for (const { kid, epoch, ...loss } of state.epochs) {
      Object.assign(this.#epoch(kid, epoch), loss);
    }
    for (const [device, count] of state.rowsDropped) {
      this.#rowsDropped.set(device, count);
    }
  }

  /** Epochs heard of, and those that a hello named of which nothing came. */
  #epochsOf({ kid, epochs }: Witness): readonly EpochRecord[] {
    const newest = epochs[0]?.epoch ?? 0;
    const silent = [...(this.#devices.get(kid)?.keys() ?? [])]
      .filter((epoch) => epoch >= newest - olderEpochs && !epochs.some((record) => record.epoch === epoch))
      .map((epoch): EpochRecord => ({ epoch, bootTime: null, received: [] }));
    return silent.length === 0 ? epochs : [...epochs, ...silent];
  }

  #checkEpoch(witness: Witness, record: EpochRecord, now: number, seen: Map<string, number>): void {
    const { kid } = witness;
    const { epoch } = record;
    const loss = this.#devices.get(kid)?.get(epoch);
    const holes = holesOf(record, loss?.ending ?? null);
    const known = loss?.told ?? [];
    for (const [from, to] of subtract(known, holes)) {
      this.dropped(kid, epoch, [[from, to]]);
      this.#declare(this.#gap(witness, epoch, from, to, "closed", "received after all"), kid);
    }
    for (const [from, to] of subtract(holes, known)) {
      const hole = `${kid}/${epoch}/${from}`;
      const since = this.#seen.get(hole) ?? now;
      if (now - since >= grace) {
        const told = this.#epoch(kid, epoch);
        told.told = insertRange(told.told, from, to);
        this.#declare(this.#gap(witness, epoch, from, to, "open", lostReason), kid);
      } else {
        seen.set(hole, since);
      }
    }
    if (loss?.ending?.last === null && !loss.openEnded) {
      loss.openEnded = true;
      this.#declare(this.#gap(witness, epoch, highest(record.received) + 1, null, "open", unknownEnd), kid);
    }
  }

  /** Epochs that have become too old to be taken: what is open there never closes. */
  #forget(witness: Witness, epochs: readonly EpochRecord[]): void {
    const losses = this.#devices.get(witness.kid);
    for (const [epoch, { told }] of losses ?? []) {
      if (!epochs.some((record) => record.epoch === epoch)) {
        for (const [from, to] of told) {
          this.#declare(this.#gap(witness, epoch, from, to, "dropped", tooOld), witness.kid);
        }
        losses?.delete(epoch);
      }
    }
  }

  #gap(
    { kid, device }: Witness,
    epoch: number,
    from: number,
    to: number | null,
    state: Gap["state"],
    reason: string,
  ): Gap {
    const before = this.#ending(kid, epoch)?.before;
    const bounds = to === null && before !== undefined ? { before: Math.round(before / 1000) } : {};
    return { device, epoch, from, to, state, reason, ...bounds };
  }

  #ending(kid: number, epoch: number): Ending | null {
    return this.#devices.get(kid)?.get(epoch)?.ending ?? null;
  }

  #epoch(kid: number, epoch: number): EpochLoss {
    let epochs = this.#devices.get(kid);
    if (epochs === undefined) {
      epochs = new Map();
      this.#devices.set(kid, epochs);
    }
    let loss = epochs.get(epoch);
    if (loss === undefined) {
      loss = { ...nothingLost };
      epochs.set(epoch, loss);
    }
    return loss;
  }
}

/** What was held before a gap was declared. */
function untold(
  { told }: EpochLoss,
  { from, to, state }: Gap,
): Pick<EpochLoss, "told"> | { openEnded: false } {
  if (to === null) {
    return { openEnded: false };
  }
  return { told: state === "open" ? subtract(told, [[from, to]]) : insertRange(told, from, to) };
}

/** Numbers below the highest that came, and up to the last that the device says it sealed. */
function holesOf({ received }: EpochRecord, ending: Ending | null): Ranges {
  const holes = missing(received);
  const last = ending?.last ?? null;
  const next = highest(received) + 1;
  return last === null || last < next ? holes : insertRange(holes, next, last);
}

/**
 * Which messages of one device have arrived, exactly, for its current epoch and the four before (WIRE: receiving). Rebuilt at
 * start from the same entries that made the messages durable, so that no second file can disagree with the spool.
 */
import type { Ranges } from "../protocols/ranges.ts";
import type { DeviceStateEntry, EpochRecord } from "./entry.ts";
import { NumberSet } from "./number-set.ts";
import { Tags } from "./tags.ts";

/** Epochs kept besides the newest. */
const olderEpochsMax = 4;
/** Ranges kept per epoch; the oldest holes beyond it are given up. */
const rangesMax = 64;

export type Standing = "new" | "reserved" | "received" | "old-epoch";

interface EpochState {
  readonly received: NumberSet;
  readonly reserved: Set<number>;
  bootTime: number | null;
}

export class Received {
  #epochs = new Map<number, EpochState>();
  #newest = -1;
  readonly #tags = new Tags();

  /** Where a message stands. Nothing is decided on it before its tag is verified. */
  standing(epoch: number, piv: number): Standing {
    const state = this.#epochs.get(epoch);
    if (state === undefined) {
      return epoch < this.#oldestKept() ? "old-epoch" : "new";
    }
    return state.received.has(piv) ? "received" : state.reserved.has(piv) ? "reserved" : "new";
  }

  /** Holds a verified message's place until its block is on disk. */
  reserve(epoch: number, piv: number, tag: Uint8Array): void {
    this.#open(epoch)?.reserved.add(piv);
    this.#tags.add(epoch, piv, tag);
  }

  /** The commit failed: the device will send it again. */
  release(epoch: number, piv: number): void {
    this.#epochs.get(epoch)?.reserved.delete(piv);
  }

  /** The message is durable. Returns the missing numbers that had to be given up to stay within bounds. */
  commit(epoch: number, piv: number): Ranges {
    const state = this.#open(epoch);
    if (state === null) {
      return [];
    }
    state.reserved.delete(piv);
    state.received.add(piv);
    return state.received.bound(rangesMax);
  }

  /** Numbers that will never come: their sender says so. Returns what had to be given up, as `commit` does. */
  close(epoch: number, ranges: Ranges): Ranges {
    return this.#add(epoch, ranges)?.bound(rangesMax) ?? [];
  }

  /** Whether all numbers of an epoch, up to and with this one, have come or never will. */
  hasAll(epoch: number, last: number): boolean {
    return this.#epochs.get(epoch)?.received.hasAll(last) === true;
  }

  setBootTime(epoch: number, bootTime: number): void {
    const state = this.#open(epoch);
    if (state !== null) {
      // A message that waited makes the boot look later than it was.
      state.bootTime = Math.min(state.bootTime ?? bootTime, bootTime);
    }
  }

  bootTime(epoch: number): number | null {
    return this.#epochs.get(epoch)?.bootTime ?? null;
  }

  /** False when another frame with this identity was authentic too: two devices share a key. */
  sameTag(epoch: number, piv: number, tag: Uint8Array): boolean {
    return this.#tags.fits(epoch, piv, tag);
  }

  /** The newest epoch heard of, -1 before the first message. */
  get newest(): number {
    return this.#newest;
  }

  /** Newest first. */
  epochs(): readonly EpochRecord[] {
    return [...this.#epochs.entries()]
      .sort(([a], [b]) => b - a)
      .map(([epoch, { bootTime, received }]) => ({ epoch, bootTime, received: received.ranges() }));
  }

  snapshot(kid: number, withTags: boolean): DeviceStateEntry {
    return { kid, epochs: this.epochs(), tags: withTags ? this.#tags.all() : [] };
  }

  get tagCount(): number {
    return this.#tags.count;
  }

  /** Takes in a snapshot found in the spool: what it knows is added, nothing is forgotten. */
  restore(state: DeviceStateEntry): void {
    for (const { epoch, bootTime, received } of [...state.epochs].reverse()) {
      this.restoreClosed(epoch, received);
      if (bootTime !== null) {
        this.setBootTime(epoch, bootTime);
      }
    }
    for (const { epoch, piv, tag } of state.tags) {
      this.#tags.add(epoch, piv, tag);
    }
  }

  restoreMessage(epoch: number, piv: number, tag: Uint8Array): void {
    this.#open(epoch)?.received.addRange(piv, piv);
    this.#tags.add(epoch, piv, tag);
  }

  /** Numbers found in the spool as received, or as given up. Nothing is given up before all is restored. */
  restoreClosed(epoch: number, ranges: Ranges): void {
    this.#add(epoch, ranges);
  }

  /** All there was is restored. Returns the missing numbers that had to be given up to stay within bounds. */
  restored(): readonly { readonly epoch: number; readonly ranges: Ranges }[] {
    return [...this.#epochs].map(([epoch, { received }]) => ({ epoch, ranges: received.bound(rangesMax) }));
  }

  #add(epoch: number, ranges: Ranges): NumberSet | null {
    const received = this.#open(epoch)?.received ?? null;
    for (const [from, to] of ranges) {
      received?.addRange(from, to);
    }
    return received;
  }

  #open(epoch: number): EpochState | null {
    const known = this.#epochs.get(epoch);
    if (known !== undefined) {
      return known;
    }
    if (epoch < this.#oldestKept()) {
      return null;
    }
    const state: EpochState = { received: new NumberSet(), reserved: new Set(), bootTime: null };
    this.#epochs.set(epoch, state);
    if (epoch > this.#newest) {
      this.#newest = epoch;
      const oldest = this.#oldestKept();
      for (const kept of this.#epochs.keys()) {
        if (kept < oldest) {
          this.#epochs.delete(kept);
        }
      }
    }
    return state;
  }

  #oldestKept(): number {
    return this.#newest - olderEpochsMax;
  }
}

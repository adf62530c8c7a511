/**
 * Which messages of one device have arrived, exactly, for its current epoch and the four before (WIRE: receiving). Rebuilt at
 * start from the same entries that made the messages durable, so that no second file can disagree with the spool.
 */
import { equal } from "../protocols/bytes.ts";
import { includes, insert, insertRange, type Ranges } from "../protocols/ranges.ts";
import type { DeviceStateEntry, EpochRecord, TagRecord } from "./entry.ts";

/** Epochs kept besides the newest. */
const olderEpochsMax = 4;
/** Ranges kept per epoch; the oldest holes beyond it are given up. */
const rangesMax = 64;
/** Tags remembered per device. */
const tagsMax = 64;

export type Standing = "new" | "reserved" | "received" | "old-epoch";

interface EpochState {
  received: Ranges;
  reserved: Set<number>;
  bootTime: number | null;
}

export class Received {
  #epochs = new Map<number, EpochState>();
  #newest = -1;
  #tags: TagRecord[] = [];

  /** Where a message stands. Nothing is decided on it before its tag is verified. */
  standing(epoch: number, piv: number): Standing {
    const state = this.#epochs.get(epoch);
    if (state === undefined) {
      return epoch < this.#oldestKept() ? "old-epoch" : "new";
    }
    return includes(state.received, piv) ? "received" : state.reserved.has(piv) ? "reserved" : "new";
  }

  /** Holds a verified message's place until its block is on disk. */
  reserve(epoch: number, piv: number, tag: Uint8Array): void {
    this.#open(epoch)?.reserved.add(piv);
    this.#remember(epoch, piv, tag);
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
    state.received = insert(state.received, piv);
    return bound(state);
  }

  /** Numbers that will never come: their sender says so. */
  close(epoch: number, ranges: Ranges): void {
    const state = this.#open(epoch);
    if (state !== null) {
      state.received = ranges.reduce<Ranges>((all, [from, to]) => insertRange(all, from, to), state.received);
      bound(state);
    }
  }

  setBootTime(epoch: number, bootTime: number): void {
    const state = this.#open(epoch);
    if (state !== null) {
      state.bootTime ??= bootTime;
    }
  }

  bootTime(epoch: number): number | null {
    return this.#epochs.get(epoch)?.bootTime ?? null;
  }

  /** False when another frame with this identity was authentic too: two devices share a key. */
  sameTag(epoch: number, piv: number, tag: Uint8Array): boolean {
    const known = this.#tags.find((record) => record.epoch === epoch && record.piv === piv);
    return known === undefined || equal(known.tag, tag);
  }

  /** The newest epoch heard of, -1 before the first message. */
  get newest(): number {
    return this.#newest;
  }

  /** Newest first. */
  epochs(): readonly EpochRecord[] {
    return [...this.#epochs.entries()]
      .sort(([a], [b]) => b - a)
      .map(([epoch, { bootTime, received }]) => ({ epoch, bootTime, received }));
  }

  snapshot(kid: number): DeviceStateEntry {
    return { kid, epochs: this.epochs(), tags: this.#tags };
  }

  /** Takes in a snapshot found in the spool: what it knows is added, nothing is forgotten. */
  restore(state: DeviceStateEntry): void {
    for (const { epoch, bootTime, received } of [...state.epochs].reverse()) {
      this.close(epoch, received);
      if (bootTime !== null) {
        this.setBootTime(epoch, bootTime);
      }
    }
    for (const { epoch, piv, tag } of state.tags) {
      this.#remember(epoch, piv, tag);
    }
  }

  restoreMessage(epoch: number, piv: number, tag: Uint8Array): void {
    this.commit(epoch, piv);
    this.#remember(epoch, piv, tag);
  }

  #open(epoch: number): EpochState | null {
    const known = this.#epochs.get(epoch);
    if (known !== undefined) {
      return known;
    }
    if (epoch < this.#oldestKept()) {
      return null;
    }
    const state: EpochState = { received: [], reserved: new Set(), bootTime: null };
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

  #remember(epoch: number, piv: number, tag: Uint8Array): void {
    if (!this.#tags.some((record) => record.epoch === epoch && record.piv === piv)) {
      this.#tags.push({ epoch, piv, tag });
      if (this.#tags.length > tagsMax) {
        this.#tags.shift();
      }
    }
  }
}

/** Joins the two oldest ranges until the bound holds, and returns the numbers between them, which are given up. */
function bound(state: EpochState): Ranges {
  const givenUp: [number, number][] = [];
  while (state.received.length > rangesMax) {
    const [first, second, ...rest] = state.received;
    givenUp.push([first[1] + 1, second[0] - 1]);
    state.received = [[first[0], second[1]], ...rest];
  }
  return givenUp;
}

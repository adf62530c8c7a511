/** The tags of the last messages of one device: they tell a message that comes again from another one with the same number. */
import { equal } from "../protocols/bytes.ts";
import type { TagRecord } from "./entry.ts";

const tagsMax = 64;
const tagLength = 8; // bytes
/** Bytes of one in a snapshot, at most: a list of three, an epoch, a number, the tag (RFC 8949 §3). */
export const tagRecordBytesMax = 18;

/** A ring in three plain arrays: thousands a second pass through it, and none leaves anything to collect. */
export class Tags {
  readonly #epochs = new Uint16Array(tagsMax);
  readonly #pivs = new Uint32Array(tagsMax);
  readonly #tags = new Uint8Array(tagsMax * tagLength);
  #count = 0;
  /** Where the next one goes, in place of the oldest. */
  #next = 0;

  /** Remembers a tag in place of the oldest; the newest that was given for a message counts. */
  add(epoch: number, piv: number, tag: Uint8Array): void {
    if (tag.length !== tagLength) {
      return;
    }
    const at = this.#next;
    this.#epochs[at] = epoch;
    this.#pivs[at] = piv;
    this.#tags.set(tag, at * tagLength);
    this.#next = (at + 1) % tagsMax;
    this.#count = Math.min(tagsMax, this.#count + 1);
  }

  /** False when another tag is remembered for this message. */
  fits(epoch: number, piv: number, tag: Uint8Array): boolean {
    const at = this.#find(epoch, piv);
    return at < 0 || equal(this.#at(at), tag);
  }

  get count(): number {
    return this.#count;
  }

  /** Oldest first. */
  all(): readonly TagRecord[] {
    return Array.from({ length: this.#count }, (_, i) => {
      const at = (this.#next - this.#count + i + tagsMax) % tagsMax;
      return { epoch: this.#epochs[at], piv: this.#pivs[at], tag: this.#at(at).slice() };
    });
  }

  #at(at: number): Uint8Array {
    return this.#tags.subarray(at * tagLength, (at + 1) * tagLength);
  }

  /** The newest of this message; -1 where none is remembered. */
  #find(epoch: number, piv: number): number {
    for (let i = 1; i <= this.#count; i++) {
      const at = (this.#next - i + tagsMax) % tagsMax;
      if (this.#pivs[at] === piv && this.#epochs[at] === epoch) {
        return at;
      }
    }
    return -1;
  }
}

/** A frame's last 8 bytes. A copy: a view would keep what else the link read with the frame. */
export function tagOf(frame: Uint8Array): Uint8Array {
  const tag = new Uint8Array(tagLength);
  for (let i = 0; i < tagLength; i++) {
    tag[i] = frame[frame.length - tagLength + i];
  }
  return tag;
}

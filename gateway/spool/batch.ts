import type { Fault } from "../../protocols/fault.ts";
import { blockHeaderLength, entryHeaderLength, writeEntry } from "./block.ts";

/** Called once for each entry: with its offset when it is on disk, or with why it never will be (the offset means nothing then). */
export type Settled = (fault: Fault | null, offset: number) => void;

/** Entries on their way into one commit block. Payloads are copied as they come, so that a commit is one write of one buffer. */
export class Batch {
  /** Room for the block's header, then the entries. */
  readonly block: Uint8Array;
  readonly settled: Settled[] = [];
  /** Monotonic ms at which its first entry came. */
  began = 0;
  #end = blockHeaderLength;

  constructor(bytes: number) {
    this.block = new Uint8Array(bytes);
  }

  get count(): number {
    return this.settled.length;
  }

  /** Bytes of entries. */
  get length(): number {
    return this.#end - blockHeaderLength;
  }

  fits(payload: Uint8Array): boolean {
    return this.#end + entryHeaderLength + payload.length <= this.block.length;
  }

  add(kind: number, time: number, payload: Uint8Array, settled: Settled): void {
    this.#end = writeEntry(this.block, this.#end, kind, time, payload);
    this.settled.push(settled);
  }

  /** Ready for the next entries. */
  clear(): void {
    this.settled.length = 0;
    this.#end = blockHeaderLength;
  }
}

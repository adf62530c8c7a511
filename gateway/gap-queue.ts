/**
 * Gaps on their way to the disk. A gap that the spool refuses is not forgotten but written again later. A snapshot that is taken
 * meanwhile must not take it for declared: what loss accounting says is left out there, the rest is carried by it.
 */
import { type Fault, isFault } from "../protocols/fault.ts";
import { decodeGap, encodeGap, entryKind, type StoredGap } from "./entry.ts";
import type { Spool } from "./spool/spool.ts";

/**
 * Gaps that wait at once, beyond which those who can wait themselves do: loss accounting declares no more. The others are bounded by what
 * they name: a segment that is given up, packs without a shape, a sink's window.
 */
const waitingMax = 256;
/** Bytes of gaps in a snapshot, which must stay small beside a segment. */
const snapshotBytesMax = 3072;

export class GapQueue {
  readonly #spool: Pick<Spool, "append">;
  /** Something is on disk for the sinks. */
  readonly #stored: () => void;
  /** By their encoding. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(spool: Pick<Spool, "append">, stored: () => void) {
    this.#spool = spool;
    this.#stored = stored;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get full(): boolean {
    return this.#waiting.size >= waitingMax;
  }

  /** `durable` is called when the gap is on disk. */
  add(stored: StoredGap, durable: () => void = () => {}): void {
    const key = this.#keep(stored, encodeGap(stored));
    this.#waiting.get(key)?.durable.push(durable);
    this.#hand(key);
  }

  /** Puts everything on disk that is not yet; the Fault for which something is not. */
  async secure(): Promise<Fault | null> {
    this.retry();
    const handed = [...this.#waiting.values()].filter((gap) => gap.handed);
    const failures = await Promise.all(
      handed.map((gap) => new Promise<Fault | null>((resolve) => gap.ended.push(resolve))),
    );
    return failures.find((failure) => failure !== null) ?? null;
  }

  /** Tries again what was refused. */
  retry(): void {
    for (const key of [...this.#waiting.keys()]) {
      this.#hand(key);
    }
  }

  /** What loss accounting has declared and is not on disk, oldest first. */
  ofLosses(): readonly StoredGap[] {
    return [...this.#waiting.values()].flatMap(({ stored }) => (stored.kid === null ? [] : [stored]));
  }

  /** The others that are not on disk, oldest first, as far as a snapshot has room for them. */
  snapshot(): readonly { readonly kind: number; readonly payload: Uint8Array }[] {
    const entries: { kind: number; payload: Uint8Array }[] = [];
    let bytes = 0;
    for (const { payload, stored } of this.#waiting.values()) {
      bytes += stored.kid === null ? payload.length : 0;
      if (bytes > snapshotBytesMax) {
        break;
      }
      if (stored.kid === null) {
        entries.push({ kind: entryKind.undeclared, payload });
      }
    }
    return entries;
  }

  /** A gap that a snapshot says was on its way; `retry` sends it on. */
  restoreWaiting(payload: Uint8Array): void {
    const stored = decodeGap(payload);
    if (!isFault(stored)) {
      this.#keep(stored, payload.slice());
    }
  }

  /** A gap that is on disk. */
  restoreStored(payload: Uint8Array): void {
    this.#waiting.delete(keyOf(payload));
  }

  #keep(stored: StoredGap, payload: Uint8Array): string {
    const key = keyOf(payload);
    if (!this.#waiting.has(key)) {
      this.#waiting.set(key, { stored, payload, handed: false, durable: [], ended: [] });
    }
    return key;
  }

  #hand(key: string): void {
    const gap = this.#waiting.get(key);
    if (gap === undefined || gap.handed) {
      return;
    }
    gap.handed = true;
    this.#spool.append(entryKind.gap, gap.payload, (failure) => {
      gap.handed = false;
      for (const call of gap.ended.splice(0)) {
        call(failure);
      }
      if (failure === null) {
        this.#waiting.delete(key);
        this.#stored();
        for (const call of gap.durable) {
          call();
        }
      }
    });
  }
}

interface Waiting {
  readonly stored: StoredGap;
  readonly payload: Uint8Array;
  /** Whether the spool has it now. */
  handed: boolean;
  /** Who waits for it to be on disk. */
  readonly durable: (() => void)[];
  /** Who waits for the spool's answer, whatever it is. */
  readonly ended: ((failure: Fault | null) => void)[];
}

function keyOf(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}

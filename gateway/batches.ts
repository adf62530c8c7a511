/** From the spool's entries to what one sink is given: consecutive entries, resolved, as much as it wants in one call. */
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { cityEpoch } from "./city-epoch.ts";
import { decodeMessageEntry, entryKind } from "./entry.ts";
import type { Log } from "./log.ts";
import { type ResolveContext, type Resolved, resolveEntry } from "./resolve.ts";
import type { CityRecord, Gap, Sink, SinkBatch } from "./sink.ts";
import type { Spool, SpoolClock } from "./spool/spool.ts";

/** Consecutive entries on their way to a sink. */
export interface Batch {
  /** Spool offset of its first entry. */
  readonly from: number;
  /** Spool offset after its last entry. */
  readonly next: number;
  readonly entries: number;
  /** How many records and gaps they are. */
  readonly records: number;
  readonly gaps: number;
  /** These; null when the sink was given them: they are read again should they be needed again, as the windows of slow sinks are many MB. */
  content: SinkBatch | null;
  state: "ready" | "sent" | "done";
}

/** Entries from an offset to a limit, so many at most. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly entries: number;
}

export interface BatchesOptions {
  readonly sink: Pick<Sink, "name">;
  readonly spool: Pick<Spool, "read">;
  readonly context: Pick<ResolveContext, "shape" | "device">;
  readonly log: Log;
  readonly clock: Pick<SpoolClock, "time">;
  /** Messages set aside because nothing can be made of them; `durable` is to be called when that is on disk. */
  readonly setAside: (gap: Gap, durable: () => void) => void;
}

const nothing: Resolved = { records: [], gaps: [] };
const bytesMax = 256 * 1024;
/** What waited longer than this in the spool is marked as backlog, ms. */
const backlogAfter = 10_000;
/** Entries remembered as named already. */
const namedMax = 10_000;

export class Batches {
  /** Entries that no records could be made of. */
  passedOver = 0;
  readonly #options: BatchesOptions;
  /** What the last batch had; tells how many entries the next one may want. */
  #recordsPerEntry = 1;
  /** Entries that were passed over: read again, they are neither named again nor sent after all. */
  readonly #named = new Set<number>();

  constructor(options: BatchesOptions) {
    this.#options = options;
  }

  /** The next entries of the span, up to so many records; null where there are none yet. */
  read(span: Span, recordsMax: number): Batch | null {
    const { spool, sink, clock } = this.#options;
    const wanted = Math.ceil(recordsMax / this.#recordsPerEntry) + 1;
    const found = spool.read(span.from, { entries: Math.min(span.entries, wanted), bytes: bytesMax });
    const entries = found.filter(({ offset }) => offset < span.to);
    if (entries.length === 0) {
      // Entries that were recycled or damaged are passed over, here to the end of the span.
      return found.length > 0 ? batchOf({ from: span.from, next: span.to, entries: 1 }, [], []) : null;
    }
    const context = { ...this.#options.context, sink: sink.name, backlogBefore: clock.time() - backlogAfter };
    const records: CityRecord[] = [];
    const gaps: Gap[] = [];
    let taken = 0;
    for (const { kind, payload, offset } of entries) {
      const resolved = this.#named.has(offset) ? nothing : resolvedOrFault(kind, payload, context);
      if (isFault(resolved)) {
        this.#passOver(kind, payload, offset, resolved);
      } else if (taken > 0 && records.length + resolved.records.length > recordsMax) {
        break;
      } else {
        for (const record of resolved.records) {
          records.push(record);
        }
        gaps.push(...resolved.gaps);
      }
      taken++;
    }
    this.#recordsPerEntry = Math.max(1, records.length / taken);
    return batchOf({ from: span.from, next: entries[taken - 1]!.next, entries: taken }, records, gaps);
  }

  /** An entry that no records can be made of: the message is named as missing. */
  #passOver(kind: number, payload: Uint8Array, offset: number, reason: Fault): void {
    this.#remember(offset);
    this.passedOver++;
    const { sink, log, context, setAside } = this.#options;
    log.warn({ sink: sink.name, code: reason.fault }, `entry passed over: ${reason.detail}`);
    const entry = kind === entryKind.message ? decodeMessageEntry(payload) : reason;
    if (!isFault(entry)) {
      const { kid, epoch, piv } = entry;
      const device = context.device(kid);
      setAside(
        {
          device: device?.device ?? `urn:dev:ops:key-${kid}`,
          epoch: device === null ? epoch : cityEpoch(device, epoch),
          from: piv,
          to: piv,
          state: "dropped",
          reason: reason.detail,
          sink: sink.name,
        },
        () => {},
      );
    }
  }

  #remember(offset: number): void {
    const [oldest] = this.#named;
    if (this.#named.size >= namedMax && oldest !== undefined) {
      this.#named.delete(oldest);
    }
    this.#named.add(offset);
  }
}

function batchOf(
  span: Pick<Batch, "from" | "next" | "entries">,
  records: readonly CityRecord[],
  gaps: readonly Gap[],
): Batch {
  const { from, next, entries } = span;
  const content = { records, gaps };
  return { from, next, entries, records: records.length, gaps: gaps.length, content, state: "ready" };
}

/** A mistake of ours in one entry must not end the gateway, which would meet it again at each start. */
function resolvedOrFault(kind: number, payload: Uint8Array, context: ResolveContext): Resolved | Fault {
  try {
    return resolveEntry(kind, payload, context);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return fault("content", `this gateway has a mistake in its program, please report it: ${said}`);
  }
}

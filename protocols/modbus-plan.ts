import type { RegisterTable } from "./modbus-pdu.ts";

/** Registers that belong together: a value, a text. */
export interface Span {
  readonly table: RegisterTable;
  readonly address: number;
  readonly count: number;
}

/** What a meter lets be read at once. */
export interface ReadLimits {
  /** Registers of one request. */
  readonly countMax: number;
  /** Registers in between that nobody wants and that may be read along. */
  readonly gapMax: number;
  /** Ranges (first, last) that the meter refuses or that must not be read. */
  readonly holes: readonly (readonly [number, number])[];
}

/**
 * The fewest reads that hold every span whole: neighbours are merged up to the limits, in the order of tables and addresses. A span longer than
 * a request stands alone, as it is.
 */
export function planReads(spans: readonly Span[], limits: ReadLimits): readonly Span[] {
  const sorted = spans.slice().sort(inOrder);
  const reads: Span[] = [];
  for (let i = 0; i < sorted.length; i++) {
    const last = reads.length === 0 ? null : reads[reads.length - 1];
    const merged = last === null ? null : mergedWith(last, sorted[i], limits);
    if (merged === null) {
      reads.push(sorted[i]);
    } else {
      reads[reads.length - 1] = merged;
    }
  }
  return reads;
}

function inOrder(a: Span, b: Span): number {
  return a.table === b.table ? a.address - b.address : a.table < b.table ? -1 : 1;
}

/** Both in one read; null where the limits forbid it. `next` does not begin before `read`. */
function mergedWith(read: Span, next: Span, limits: ReadLimits): Span | null {
  const end = read.address + read.count;
  const nextEnd = next.address + next.count;
  if (read.table !== next.table || next.address - end > limits.gapMax) {
    return null;
  }
  if (next.address > end && limits.holes.some((hole) => hole[0] < next.address && hole[1] >= end)) {
    return null;
  }
  const count = (nextEnd > end ? nextEnd : end) - read.address;
  return count > limits.countMax ? null : { table: read.table, address: read.address, count: count };
}

/** Whether a read holds a span. */
export function holds(read: Span, span: Span): boolean {
  return (
    read.table === span.table &&
    span.address >= read.address &&
    span.address + span.count <= read.address + read.count
  );
}

import type { Fault } from "../protocols/fault.ts";

/** Counts faults by code since boot, as the status message reports them. */
export interface FaultCounters {
  count(fault: Fault): void;
  /** Counts what is a Fault. */
  note(result: Fault | null): void;
  readonly counts: (readonly [string, number])[];
  /** All faults since boot. */
  readonly total: number;
}

/** Counts faults by code since the boot, and hands each on. */
export function createFaultCounters(onFault: (fault: Fault) => void): FaultCounters {
  const counts: [string, number][] = [];
  let total = 0;
  function count(fault: Fault): void {
    const row = counts.find((candidate) => candidate[0] === fault.fault);
    total++;
    if (row === undefined) {
      counts.push([fault.fault, 1]);
    } else {
      row[1]++;
    }
    onFault(fault);
  }
  return {
    counts: counts,
    get total() {
      return total;
    },
    count: count,
    note(result) {
      if (result !== null) {
        count(result);
      }
    },
  };
}

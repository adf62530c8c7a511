import type { Fault } from "../protocols/fault.ts";
import type { Observer } from "./observer.ts";

/** Counts faults by code since boot, as the status message reports them. */
export class FaultCounters {
  readonly observer: Observer;
  counts: [string, number][] = [];
  /** All faults since boot. */
  total = 0;

  constructor(observer: Observer) {
    this.observer = observer;
  }

  count(fault: Fault): void {
    this.total++;
    const row = this.counts.find((candidate) => candidate[0] === fault.fault);
    if (row === undefined) {
      this.counts.push([fault.fault, 1]);
    } else {
      row[1]++;
    }
    if (this.observer.fault !== undefined) {
      this.observer.fault(fault.fault, fault.detail);
    }
  }
}

import type { LinkCounters } from "../link.ts";
import type { Log } from "../log.ts";

export function newCounters(): LinkCounters {
  return { connections: 0, framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0, refused: {} };
}

/**
 * Counts a refusal and logs the 1st, 2nd, 4th, 8th... of its reason: somebody who hammers at a door must not fill the
 * journal, and must still be seen there.
 */
export function refuse(counters: LinkCounters, log: Log, reason: string, fields: object = {}): void {
  const count = (counters.refused[reason] ?? 0) + 1;
  counters.refused[reason] = count;
  if (Number.isInteger(Math.log2(count))) {
    log.warn({ ...fields, reason, count }, "refused before ingest");
  }
}

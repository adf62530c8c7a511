import { head } from "../../protocols/cbor-small.ts";
import type { DriverValues } from "../driver.ts";

/** What of a pack the build has worked out. */
export interface LeanPack {
  /** The message before its time, and from its step to its body's length. */
  readonly packHead: string;
  readonly packTail: string;
  readonly pace: number; // ms between rows
  readonly heartbeat: number; // ms
  readonly rowsMax: number;
  readonly delay: number; // ms
  /** Of a row, in the order of its columns; what is missing is said by `missingRow`. */
  putRow(values: DriverValues, at: number): void;
  readonly missingRow: DriverValues;
  /** The body of so many rows. */
  body(rows: number): string;
}

/** Rows of one sensor into packs, without a time of day: their times are ms since boot. */
export function leanStream(
  pack: LeanPack,
  say: (message: string) => void,
): { take(values: DriverValues | null, now: number): void; age(now: number): number } {
  let rows = 0;
  let time = 0;
  let last = 0; // of the last row worth sending
  let missing = false;

  function flush(): void {
    if (rows > 0) {
      const body = pack.body(rows);
      rows = 0;
      say(pack.packHead + head(0, time) + pack.packTail + head(2, body.length) + body);
    }
  }

  return {
    take(values, now) {
      if (values === null && missing && now - last < pack.heartbeat) {
        return; // one row of missing values, then one at each heartbeat
      }
      missing = values === null;
      last = now;
      // A row that is not where the open pack has its next one begins another, as does one after a full pack that was not flushed yet.
      if (rows >= pack.rowsMax || Math.abs(now - time - rows * pack.pace) >= pack.pace / 2) {
        flush();
      }
      if (rows === 0) {
        time = now;
      }
      pack.putRow(values === null ? pack.missingRow : values, rows++);
    },
    // Flushed here, where fewer calls are open and take variables.
    age(now) {
      if (rows < pack.rowsMax && now - time < pack.delay) {
        return rows > 0 ? time + pack.delay - now : Infinity;
      }
      flush();
      return Infinity;
    },
  };
}

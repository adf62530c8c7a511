import { isFault } from "../fault.ts";
import { readRecords } from "../mbus-record.ts";
import type { DataRecord, MeterKeys } from "../meter.ts";
import { diehlKeys, makers, unveil, veiledAt } from "./diehl-lfsr.ts";
import { makerOf } from "./maker-format.ts";

/**
 * Older Sharky heat meters: data records behind a short header, veiled as PRIOS is, with bit 12 of the configuration word as the mark.
 * Version and type stand in front of the id. As wmbusmeters has found it.
 */

const ciShortHeader = 0x7a;
const mark = 0x10;
/** Bit 4 of the high byte of the configuration word is the mark; the other seven are a sum over what is veiled. */
const sumMask = 0xef;

export interface RealData {
  readonly address: Uint8Array;
  /** The records' bytes. */
  readonly clear: Uint8Array;
  readonly records: readonly DataRecord[];
}

/** Null where this is no such telegram, or was unveiled before it was stored. */
export function openRealData(telegram: Uint8Array, keys: MeterKeys | null): RealData | null {
  if (
    telegram.length <= veiledAt ||
    makers.indexOf(makerOf(telegram)) < 0 ||
    telegram[10] !== ciShortHeader ||
    (telegram[14] & mark) === 0
  ) {
    return null;
  }
  const all = diehlKeys(keys);
  for (let i = 0; i < all.length; i++) {
    const clear = unveil(telegram, all[i]);
    const records = sumHolds(clear, telegram[14]) ? readRecords(clear, 0, clear.length) : null;
    if (records !== null && !isFault(records)) {
      const address = new Uint8Array(8);
      address.set(telegram.subarray(2, 4), 0);
      address.set(telegram.subarray(6, 10), 2);
      address.set(telegram.subarray(4, 6), 6);
      return { address: address, clear: clear, records: records };
    }
  }
  return null;
}

function sumHolds(clear: Uint8Array, check: number): boolean {
  let sum = 0;
  for (let i = 0; i < clear.length; i++) {
    sum += clear[i];
  }
  return (sum & sumMask) === (check & sumMask);
}

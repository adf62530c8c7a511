import { equal } from "./bytes.ts";

interface Unit {
  readonly unit: number;
  /** Answers that may still come. */
  owed: number;
  /** Until when they may, ms. */
  until: number;
  recent: Heard[];
}

interface Heard {
  readonly frame: Uint8Array;
  readonly at: number;
}

/** Answers of a unit that are remembered, at most. */
const recentMax = 32;

/** What each unit of a serial line has been asked and has answered, as far as it matters for telling late answers from new ones. */
export class UnitBook {
  private readonly lateMax: number; // ms
  private readonly units: Unit[] = []; // one for each of at most 256 addresses

  constructor(lateMax: number) {
    this.lateMax = lateMax;
  }

  /** When the unit may be asked something else, ms: no answer to earlier requests can come any more then. */
  freeAt(unit: number): number {
    const row = this.row(unit);
    return row.owed === 0 ? -Infinity : row.until;
  }

  asked(unit: number, now: number): void {
    const row = this.row(unit);
    row.owed = now >= row.until ? 1 : row.owed + 1;
    row.until = now + this.lateMax;
  }

  /** An answer came. True where it equals a recent one: a copy of it, or the same again. Such a one pays nothing off. */
  heard(frame: Uint8Array, now: number): boolean {
    const row = this.row(frame[0]);
    const recent = row.recent.filter((earlier) => now - earlier.at <= this.lateMax);
    const again = recent.some((earlier) => equal(earlier.frame, frame));
    if (!again) {
      row.owed = row.owed > 0 ? row.owed - 1 : 0;
    }
    recent.push({ frame: frame, at: now });
    row.recent = recent.length > recentMax ? recent.slice(1) : recent;
    return again;
  }

  /** An answer was believed because it came twice: both count. */
  believed(unit: number): void {
    const row = this.row(unit);
    row.owed = row.owed > 2 ? row.owed - 2 : 0;
  }

  private row(unit: number): Unit {
    for (let i = 0; i < this.units.length; i++) {
      if (this.units[i].unit === unit) {
        return this.units[i];
      }
    }
    const row: Unit = { unit: unit, owed: 0, until: -Infinity, recent: [] };
    this.units.push(row);
    return row;
  }
}

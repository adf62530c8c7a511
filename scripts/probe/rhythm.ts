/** Silence between two bursts, ms: telegrams that a receiver hands out one behind the other are one. */
const pause = 400;
const intervalsKept = 6;
/** Longest that is waited for, ms. */
const waitMax = 45_000;

/** When somebody sends whom no setting understands so far: whoever sends every half minute is missed by those who listen for seconds. */
export class Rhythm {
  private readonly intervals: number[] = [];
  private burstAt: number | null = null;
  private byteAt: number | null = null;

  /** Bytes came, at whatever setting. */
  heard(now: number): void {
    if (this.byteAt === null || now - this.byteAt >= pause) {
      if (this.burstAt !== null) {
        this.intervals.push(now - this.burstAt);
        this.intervals.splice(0, this.intervals.length - intervalsKept);
      }
      this.burstAt = now;
    }
    this.byteAt = now;
  }

  /** Nobody listened for a while: what comes next tells no interval. */
  interrupt(): void {
    this.burstAt = null;
    this.byteAt = null;
  }

  /** The longest of the last silences and the burst behind it, ms; null where nothing is known. */
  get interval(): number | null {
    return this.intervals.length === 0 ? null : Math.max(...this.intervals);
  }

  /** How long to wait for the next burst, ms; 0 where nothing is known. */
  get wait(): number {
    return this.interval === null ? 0 : Math.min(waitMax, 1.2 * this.interval + pause);
  }
}

import type { SmlChecksum } from "./sml-message.ts";

/** Meters of one line whose kind of checksum is remembered. */
const metersMax = 8;

/**
 * Which checksum each meter of the line uses. X-25 is the standard's; some Holley meters use Kermit. A telegram may only fit the
 * kind its meter has used before: accepting both for ever would double what slips through.
 */
export class KindMemory {
  last: SmlChecksum = "x25";
  private readonly meters: string[] = [];
  private readonly kinds: SmlChecksum[] = [];

  /** Whether nothing speaks against it. */
  allows(meter: string | null, kind: SmlChecksum): boolean {
    const known = this.meters.indexOf(nameOf(meter));
    return known < 0 || this.kinds[known] === kind;
  }

  admits(meter: string | null, kind: SmlChecksum): boolean {
    const name = nameOf(meter);
    const known = this.meters.indexOf(name);
    if (known >= 0) {
      this.last = this.kinds[known];
      return kind === this.last;
    }
    if (this.meters.length === metersMax) {
      this.meters.shift();
      this.kinds.shift();
    }
    this.meters.push(name);
    this.kinds.push(kind);
    this.last = kind;
    return true;
  }
}

function nameOf(meter: string | null): string {
  return meter === null ? "" : meter;
}

import { seeded } from "../../boards/platforms/seeded.ts";
import { concat } from "../../protocols/bytes.ts";

export interface Damage {
  readonly seed: number;
  readonly kind: "loss" | "flips";
  readonly rate: number;
}

/**
 * A bad line: loses bytes, or flips one bit of a byte. One draw decides for each byte whether it is hit; a hit on a line that flips
 * draws once more, for the bit. The same seed gives the same damage.
 */
export function noisy(bytes: Uint8Array, damage: Damage): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const { at, bit } of drawn(bytes.length, damage)) {
    parts.push(bytes.subarray(from, at), Uint8Array.from(bit < 0 ? [] : [bytes[at]! ^ (1 << bit)]));
    from = at + 1;
  }
  return concat([...parts, bytes.subarray(from)]);
}

/** Where a line of so many bytes is hit by this damage. */
export function hits(length: number, damage: Damage): number[] {
  return drawn(length, damage).map(({ at }) => at);
}

/** Bit -1: the byte is lost. */
function drawn(length: number, { seed, kind, rate }: Damage): { at: number; bit: number }[] {
  const random = seeded(seed);
  const found: { at: number; bit: number }[] = [];
  for (let at = 0; at < length; at++) {
    if (random() < rate) {
      found.push({ at, bit: kind === "flips" ? Math.floor(random() * 8) : -1 });
    }
  }
  return found;
}

/** Bytes drawn from these values, or from all. */
export function randomBytes(seed: number, length: number, values?: readonly number[]): Uint8Array {
  const random = seeded(seed);
  return Uint8Array.from({ length }, () => {
    const draw = Math.floor(random() * (values?.length ?? 256));
    return values?.[draw] ?? draw;
  });
}

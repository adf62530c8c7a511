import { seeded } from "../../boards/platforms/seeded.ts";

/**
 * A bad line: loses bytes, or flips one bit of a byte. One draw decides for each byte whether it is hit; a hit on a line that flips
 * draws once more, for the bit. The same seed gives the same damage.
 */
export function noisy(
  bytes: Uint8Array,
  damage: { readonly seed: number; readonly kind: "loss" | "flips"; readonly rate: number },
): Uint8Array {
  const random = seeded(damage.seed);
  const left: number[] = [];
  for (const byte of bytes) {
    if (random() >= damage.rate) {
      left.push(byte);
    } else if (damage.kind === "flips") {
      left.push(byte ^ (1 << Math.floor(random() * 8)));
    }
  }
  return Uint8Array.from(left);
}

/** Bytes drawn from these values, or from all. */
export function randomBytes(seed: number, length: number, values?: readonly number[]): Uint8Array {
  const random = seeded(seed);
  return Uint8Array.from({ length }, () => {
    const draw = Math.floor(random() * (values?.length ?? 256));
    return values?.[draw] ?? draw;
  });
}

/** Bytes nobody meant: drawn, or made of good ones. The same dice give the same. */

export type Dice = () => number;

export function below(dice: Dice, limit: number): number {
  return Math.floor(dice() * limit);
}

/** Bytes that lengths, types and checks turn at. */
const edges = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x1b, 0x68, 0x7e, 0x76, 0x2f] as const;
const longest = 600;

/** Of any values, or of a few: noise seldom looks like a frame, a few values often do. */
export function randomInput(dice: Dice, likely: Uint8Array): Uint8Array {
  const length = below(dice, dice() < 0.1 ? longest : 80);
  const few = dice() < 0.5;
  return Uint8Array.from({ length }, () =>
    few && likely.length > 0 ? likely[below(dice, likely.length)]! : below(dice, 256),
  );
}

/** One to eight changes of good bytes: bits, values, losses, repeats, cuts. */
export function mutated(dice: Dice, good: Uint8Array): Uint8Array {
  let bytes: Uint8Array = good.slice();
  for (let left = 1 + below(dice, 8); left > 0 && bytes.length > 0; left--) {
    bytes = changed(dice, bytes);
  }
  return bytes;
}

function changed(dice: Dice, bytes: Uint8Array): Uint8Array {
  const at = below(dice, bytes.length);
  const behind = Math.min(bytes.length, at + 1 + below(dice, 16));
  switch (below(dice, 7)) {
    case 0:
      bytes[at]! ^= 1 << below(dice, 8);
      return bytes;
    case 1:
      bytes[at] = edges[below(dice, edges.length)]!;
      return bytes;
    case 2:
      bytes[at] = below(dice, 256);
      return bytes;
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(behind));
    case 4:
      return joined(bytes.subarray(0, behind), bytes.subarray(at));
    case 5:
      return joined(bytes.subarray(0, at), Uint8Array.of(below(dice, 256)), bytes.subarray(at));
    default:
      return dice() < 0.3 ? bytes.slice(0, at) : bytes;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

import { retryDelayFirst, retryDelayMax, windowMax } from "../outbox.ts";

/** What a frame holds: packs may be given up, the others are few and stay. */
export const packKind = 0;
export const statusKind = 1;
export const droppedKind = 2;
export const shapeKind = 3;
export const otherKind = 4;

interface Waiting {
  readonly kind: number;
  readonly piv: number;
  readonly frame: string;
  attempts: number;
  due: number;
}

export interface LeanOutbox {
  count(): number;
  bytes(): number;
  holds(kind: number): boolean;
  add(kind: number, piv: number, frame: string): void;
  /** Those that `isDone` are on disk; true if any was here. */
  settle(isDone: (piv: number) => boolean, now: number): boolean;
  /** Sends what is due; ms until the next is. */
  resend(now: number): number;
}

/** outbox.ts for frames of one epoch that wait in RAM, over a line that is always ready. */
export function leanOutbox(
  limits: { readonly bytesMax: number; readonly framesMax: number },
  dice: () => number,
  send: (frame: string) => void,
  givenUp: (piv: number) => void,
): LeanOutbox {
  let list: Waiting[] = [];
  let bytes = 0;

  function firstPack(): number {
    const at = list.findIndex((waiting) => waiting.kind === packKind);
    return at < 0 ? list.length : at;
  }

  return {
    count: () => list.length,
    bytes: () => bytes,
    holds: (kind) => list.some((waiting) => waiting.kind === kind),
    add(kind, piv, frame) {
      const waiting = { kind: kind, piv: piv, frame: frame, attempts: 0, due: 0 };
      list.splice(kind === packKind ? list.length : firstPack(), 0, waiting);
      bytes += frame.length;
      while ((bytes > limits.bytesMax || list.length > limits.framesMax) && firstPack() < list.length) {
        const lost = list.splice(firstPack(), 1)[0];
        bytes -= lost.frame.length;
        givenUp(lost.piv);
      }
    },
    settle(isDone, now) {
      const before = list.length;
      list = list.filter((waiting) => {
        const stays = !isDone(waiting.piv);
        bytes -= stays ? 0 : waiting.frame.length;
        return stays;
      });
      if (list.length === before) {
        return false;
      }
      list.forEach((waiting) => {
        if (waiting.attempts > 1) {
          waiting.attempts = 1;
          waiting.due = Math.min(waiting.due, now + dice() * retryDelayFirst);
        }
      });
      return true;
    },
    resend(now) {
      let room = windowMax - list.filter((waiting) => waiting.attempts > 0).length;
      let next = Infinity;
      list.forEach((waiting) => {
        if (waiting.attempts > 0 || room-- > 0) {
          if (waiting.due <= now) {
            send(waiting.frame);
            const delay = Math.min(retryDelayFirst << Math.min(waiting.attempts++, 8), retryDelayMax);
            waiting.due = now + delay * (0.75 + dice() / 2);
          }
          next = Math.min(next, waiting.due - now);
        }
      });
      return next;
    },
  };
}

import { seeded } from "../../boards/platforms/seeded.ts";
import { nodeCiphers } from "../../protocols/crypto-node.ts";
import type { ProbeOutcome, ProbeStep } from "../../scripts/probe/outcome.ts";
import { Probe } from "../../scripts/probe/probe.ts";
import { type LineSetting, plain } from "../../scripts/probe/setting.ts";
import { Receiver, Uart } from "./uart.ts";

/** Something at the far end of a line that is probed, in virtual time. */
export interface Source {
  /** What it sends by itself before `until`, ms; each piece once. */
  push(until: number): readonly Piece[];
  /** What it answers to bytes that came at `now`, sent with this setting. */
  answer(bytes: Uint8Array, setting: LineSetting, now: number): readonly Piece[];
}

export interface Piece {
  readonly at: number;
  readonly setting: LineSetting;
  readonly bytes: Uint8Array;
}

/** Bytes are handed over in such pieces, as USB adapters do. */
const handOver = 16; // ms
/** What closing and opening a port anew takes. */
const change = 25; // ms

/** Probes one source from beginning to end. The seed decides the adapter's manners and when the probe begins. */
export function probeSource(
  source: Source,
  options: { readonly seed: number; readonly duration?: number; readonly key?: Uint8Array },
): ProbeOutcome {
  const random = seeded(options.seed);
  const line = new Uart();
  const receiver = new Receiver(line, plain(9600), {
    breaksAreZeros: random() < 0.5,
    waitsForHigh: random() < 0.5,
  });
  const keys = { ciphers: nodeCiphers, key: options.key ?? null };
  const probe = new Probe({ duration: options.duration ?? 60_000, asks: true, keys });
  let now = random() * 3000;
  const take = (pieces: readonly Piece[]) => {
    for (const { bytes, setting, at } of pieces) {
      line.send(bytes, setting, at);
    }
  };
  let free = now;
  const follow = (steps: readonly ProbeStep[]) => {
    for (const step of steps) {
      if (step.type === "line") {
        free = Math.max(free, now) + change;
        receiver.set(step.line, free);
      } else if (step.type === "send") {
        free = Math.max(free, now) + (step.bytes.length * 10_000) / receiver.setting.baud;
        take(source.answer(step.bytes, receiver.setting, free));
      }
    }
  };
  take(source.push(now));
  line.forget(now - 60_000);
  receiver.set(plain(9600), now);
  follow(probe.start(now));
  while (probe.outcome === null) {
    now = Math.min(now + handOver, Math.max(probe.deadline ?? now, now + 1));
    take(source.push(now + 1000));
    const bytes = receiver.receive(now);
    line.forget(now - 1000);
    follow(probe.push(bytes, now));
    follow(probe.tick(now));
  }
  return probe.outcome;
}

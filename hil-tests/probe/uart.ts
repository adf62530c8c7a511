import { bitsPerByte, type LineSetting } from "../../scripts/probe/setting.ts";

/**
 * A serial line bit by bit in virtual time: what a receiver makes of a sender that is set otherwise. Pseudo-terminals cannot show this,
 * since they carry bytes. Times are ms.
 */
export class Uart {
  private sent: Transmission[] = [];
  /** When the line is free. */
  free = 0;

  /** Sends from `at` on, or as soon as the line is free. */
  send(bytes: Uint8Array, setting: LineSetting, at: number): void {
    const start = Math.max(at, this.free);
    const levels = Uint8Array.from([...bytes].flatMap((byte) => characterOf(byte, setting)));
    const bitTime = 1000 / setting.baud;
    this.sent.push({ start, bitTime, levels, end: start + levels.length * bitTime });
    this.free = start + levels.length * bitTime;
  }

  /** 1 where the line rests. */
  level(at: number): number {
    const transmission = this.sent.find(({ start, end }) => at >= start && at < end);
    return transmission === undefined
      ? 1
      : transmission.levels[Math.floor((at - transmission.start) / transmission.bitTime)]!;
  }

  /** The first moment from `at` on when the line is low, or falls; Infinity where it does not before `until`. */
  nextLow(at: number, until: number): number {
    for (const { start, end, levels, bitTime } of this.sent) {
      if (end <= at || start > until) {
        continue;
      }
      for (let bit = Math.max(0, Math.floor((at - start) / bitTime)); bit < levels.length; bit++) {
        if (levels[bit] === 0) {
          const low = Math.max(at, start + bit * bitTime);
          return low > until ? Infinity : low;
        }
      }
    }
    return Infinity;
  }

  /** What ended before this moment is forgotten. */
  forget(before: number): void {
    this.sent = this.sent.filter(({ end }) => end > before);
  }
}

interface Transmission {
  readonly start: number;
  readonly end: number;
  readonly bitTime: number;
  readonly levels: Uint8Array;
}

/** Start bit, data bits low one first, parity, stop bit. */
function characterOf(byte: number, { dataBits, parity }: LineSetting): number[] {
  const data = Array.from({ length: dataBits }, (_, i) => (byte >> i) & 1);
  const even = data.reduce((sum, bit) => sum ^ bit, 0);
  return [0, ...data, ...(parity === "even" ? [even] : []), 1];
}

/** How adapters and their drivers differ: Linux gives a break as a zero, and drops characters without a stop bit (IGNPAR). */
export interface ReceiverKind {
  readonly breaksAreZeros: boolean;
  /** Behind a missing stop bit: begin anew at once, or wait until the line has been high. */
  readonly waitsForHigh: boolean;
}

/** The receiving end. */
export class Receiver {
  setting: LineSetting;
  private at: number;
  private readonly line: Uart;
  private readonly kind: ReceiverKind;

  constructor(line: Uart, setting: LineSetting, kind: ReceiverKind) {
    this.line = line;
    this.setting = setting;
    this.kind = kind;
    this.at = 0;
  }

  /** Set anew at this moment; what was under way is lost. */
  set(setting: LineSetting, now: number): void {
    this.setting = setting;
    this.at = Math.max(this.at, now);
  }

  /** Characters that are whole by `until`. */
  receive(until: number): Uint8Array {
    const bytes: number[] = [];
    const { line, setting } = this;
    const bitTime = 1000 / setting.baud;
    const length = bitsPerByte(setting);
    for (;;) {
      const start = line.nextLow(this.at, until);
      if (start + (length - 0.5) * bitTime > until) {
        this.at = Math.max(this.at, Math.min(start, until));
        return Uint8Array.from(bytes);
      }
      const sample = (bit: number) => line.level(start + (bit + 0.5) * bitTime);
      if (sample(0) === 1) {
        this.at = start + 0.5 * bitTime;
        continue;
      }
      let byte = 0;
      for (let bit = 0; bit < setting.dataBits; bit++) {
        byte |= sample(1 + bit) << bit;
      }
      const stopped = sample(length - 1) === 1;
      const isBreak = !stopped && byte === 0;
      if (stopped || (isBreak && this.kind.breaksAreZeros)) {
        bytes.push(byte);
      }
      this.at = start + (length - 0.5) * bitTime;
      if (!stopped && this.kind.waitsForHigh) {
        this.at = this.nextHigh(bitTime);
      }
    }
  }

  private nextHigh(bitTime: number): number {
    let at = this.at;
    while (this.line.level(at) === 0) {
      at += bitTime / 4;
    }
    return at;
  }
}

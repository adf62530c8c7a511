import { d0 } from "./d0.ts";
import {
  d0Acknowledge,
  d0Request,
  type Identification,
  initialBaud,
  LineReader,
  rateUpTo,
  readIdentification,
} from "./d0-message.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import type { BadTelegram, MeterDecoder, MeterLanguage, Telegram } from "./meter.ts";
import { withParity } from "./parity.ts";
import { readoutMax } from "./readout.ts";

/** What the host is to do next, in this order. */
export type D0Step =
  /** Open the line so, or change it; bytes given before have been sent to the last bit by then. */
  | { readonly type: "line"; readonly line: MeterLanguage["line"] }
  | { readonly type: "send"; readonly bytes: Uint8Array }
  | { readonly type: "telegram"; readonly telegram: Telegram }
  | { readonly type: "fault"; readonly fault: Fault }
  /** The session is over, with a telegram or with a fault before it. */
  | { readonly type: "end" };

export interface D0SessionOptions {
  /** The meter's address; empty asks whoever is there. */
  readonly address: string;
  /** Fastest rate the host's line can go, in baud. */
  readonly baudMax: number;
  /** A port that has no 7E1: the session makes the parity itself. */
  readonly eightBits: boolean;
  /** Battery meters sleep until they have been sent zeros for two seconds (IEC 62056-21 annex B). */
  readonly wake: boolean;
}

const attemptsMax = 3;
/** A meter answers within 1.5 s and leaves no longer pause between two characters (§6.4.3, tr and ta); adapters add theirs. */
const patience = 1500 + 1000; // ms
/** The longest identification with the longest pauses would take half of it. */
const identificationPatience = 60000; // ms
const wakeZeros = 66; // 2.2 s at 300 baud
const wakePause = 1600; // ms
const bitsPerByte = 10;

/**
 * Reads one meter once: request, identification, acknowledgement, change of speed, data (IEC 62056-21 §6.4, modes A to C). Knows no clock and
 * no port: times are arguments in ms, monotonic; the host does the steps it is given and calls `tick` at `deadline`. The wait follows the
 * data: a readout of three minutes at 300 baud is read to its end as long as it goes on.
 */
export class D0Session {
  /** When to call tick, ms; null when nothing is awaited. */
  deadline: number | null = null;
  private readonly options: D0SessionOptions;
  private phase: "idle" | "waking" | "identification" | "pause" | "data" = "idle";
  private attempt = 0;
  private baud = initialBaud;
  private identification: Identification | null = null;
  private lines = new LineReader();
  private decoder: MeterDecoder = d0.decoder();
  /** Baud that the next attempt may go up to. */
  private fastest: number;
  /** When an identification must be complete, ms: noise does not prolong it for ever. */
  private identifiedBy = 0;
  /** Bytes behind the identification. */
  private dataBytes = 0;
  private steps: D0Step[] = [];

  constructor(options: D0SessionOptions) {
    this.options = options;
    this.fastest = options.baudMax;
  }

  start(time: number): readonly D0Step[] {
    this.attempt = 0;
    this.fastest = this.options.baudMax;
    this.begin(time);
    return this.handOver();
  }

  /** What came over the line. */
  push(bytes: Uint8Array, time: number): readonly D0Step[] {
    let at = 0;
    while (at < bytes.length && this.phase === "identification") {
      this.feed(bytes.subarray(at, at + 1), time);
      const line = this.lines.take(bytes[at]);
      const identification = line === null ? null : readIdentification(line);
      if (identification !== null) {
        this.identified(identification, time);
      }
      at++;
    }
    if (at < bytes.length && (this.phase === "data" || this.phase === "pause")) {
      this.feed(bytes.subarray(at), time);
    }
    return this.handOver();
  }

  /** Time has come to `deadline`. Earlier calls do nothing. */
  tick(time: number): readonly D0Step[] {
    if (this.deadline === null || time < this.deadline) {
      return this.handOver();
    }
    if (this.phase === "waking") {
      this.ask(time);
    } else if (this.phase === "pause") {
      this.acknowledge(time);
    } else if (this.phase === "identification") {
      this.again(fault("silent", "no identification after the request"), time);
    } else {
      this.silence(time);
    }
    return this.handOver();
  }

  private handOver(): readonly D0Step[] {
    const steps = this.steps;
    this.steps = [];
    return steps;
  }

  private begin(time: number): void {
    this.attempt++;
    this.decoder = d0.decoder();
    this.lines = new LineReader();
    this.identification = null;
    this.dataBytes = 0;
    this.setBaud(initialBaud);
    if (this.options.wake) {
      this.phase = "waking";
      this.steps.push({ type: "send", bytes: new Uint8Array(wakeZeros) });
      this.deadline = time + this.duration(wakeZeros) + wakePause;
    } else {
      this.ask(time);
    }
  }

  private ask(time: number): void {
    this.phase = "identification";
    this.send(d0Request(this.options.address), time);
    this.identifiedBy = time + identificationPatience;
  }

  private identified(identification: Identification, time: number): void {
    this.identification = identification;
    if (identification.mode === "C") {
      this.phase = "pause";
      this.deadline = time + identification.pause;
      return;
    }
    this.phase = "data";
    this.deadline = time + patience;
    if (identification.mode === "B") {
      this.setBaud(identification.baud);
    }
  }

  private acknowledge(time: number): void {
    const identification = this.identification;
    const baud = identification === null ? initialBaud : rateUpTo(identification.baud, this.fastest);
    this.phase = "data";
    this.send(d0Acknowledge(baud), time);
    this.setBaud(baud);
  }

  private feed(bytes: Uint8Array, time: number): void {
    if (this.phase === "data") {
      this.deadline = time + patience;
      this.dataBytes += bytes.length;
    } else if (this.phase === "identification") {
      this.deadline = time + patience < this.identifiedBy ? time + patience : this.identifiedBy;
    }
    if (this.dataBytes > readoutMax) {
      this.again(fault("limit", "no readout within " + String(readoutMax) + " bytes"), time);
    } else {
      this.settle(this.decoder.push(bytes), time);
    }
  }

  private silence(time: number): void {
    const rest = this.decoder.end();
    if (this.dataBytes === 0 || rest.length === 0) {
      this.again(fault("silent", "no data after the identification"), time);
    } else {
      this.settle(rest, time);
    }
  }

  private settle(results: readonly (Telegram | BadTelegram)[], time: number): void {
    for (let i = 0; i < results.length && this.phase !== "idle"; i++) {
      const result = results[i];
      if (isFault(result)) {
        this.again(fault(result.fault, result.detail), time);
        return;
      }
      this.steps.push({ type: "telegram", telegram: result });
      this.finish();
    }
  }

  /** Another attempt, or the end. What stays silent after a change of speed, and the last attempt, keep the first speed. */
  private again(why: Fault, time: number): void {
    if (this.identification !== null && (why.fault === "silent" || this.attempt + 1 === attemptsMax)) {
      this.fastest = initialBaud;
    }
    if (this.attempt < attemptsMax && why.fault !== "limit") {
      this.begin(time);
    } else {
      this.steps.push({ type: "fault", fault: why });
      this.finish();
    }
  }

  private finish(): void {
    this.steps.push({ type: "end" });
    this.phase = "idle";
    this.deadline = null;
  }

  private send(bytes: Uint8Array, time: number): void {
    this.steps.push({ type: "send", bytes: this.options.eightBits ? withParity(bytes) : bytes });
    this.deadline = time + this.duration(bytes.length) + patience;
  }

  private duration(bytes: number): number {
    return (bytes * bitsPerByte * 1000) / this.baud;
  }

  private setBaud(baud: number): void {
    this.baud = baud;
    const eight = this.options.eightBits;
    this.steps.push({
      type: "line",
      line: { baud: baud, dataBits: eight ? 8 : 7, parity: eight ? "none" : "even", stopBits: 1 },
    });
  }
}

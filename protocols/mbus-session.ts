import { equal } from "./bytes.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import {
  addressText,
  anyRest,
  dataRequest,
  fits,
  type MbusAddress,
  primaryMost,
  resetRequest,
  type SecondaryAddress,
  selectRequest,
} from "./mbus-address.ts";
import { type Answer, ciFixed, idText, readApplication, readHeader } from "./mbus-application.ts";
import { Exchange, type Outcome } from "./mbus-exchange.ts";
import { moreFollow } from "./mbus-record.ts";
import type { DataRecord, MeterKeys } from "./meter.ts";

/** What a session tells whoever runs it. */
export type MbusStep =
  | { readonly type: "send"; readonly bytes: Uint8Array }
  | {
      readonly type: "telegram";
      readonly address: MbusAddress;
      readonly meter: string | null;
      /** Device type (EN 13757-7); null where no header tells it. */
      readonly medium: number | null;
      readonly records: readonly DataRecord[];
    }
  /** A search has come upon a meter. */
  | { readonly type: "found"; readonly address: MbusAddress; readonly meter: string | null }
  | { readonly type: "fault"; readonly address: MbusAddress; readonly fault: Fault }
  | { readonly type: "end" };

/** A request, and how often it is said again when nothing usable comes back. */
export interface Request {
  readonly bytes: Uint8Array;
  readonly repeats: number;
  /** What counts as usable. */
  readonly wants: "ack" | "answer" | "anything";
}

/** What a session is about: reading one meter, searching for all. */
export interface Job {
  /** Adds its steps and gives the next request; null when it is done. `outcome` is null at the beginning. */
  next(outcome: Outcome | null, steps: MbusStep[]): Request | null;
}

/**
 * The master of a wired M-Bus as a pure state machine: bytes and time in, steps out. Half duplex: one request at a time, so that a late
 * answer cannot be taken for another's. `tick` wants to be called every 20 ms or so.
 */
export class MbusSession {
  private readonly job: Job;
  private readonly baud: number;
  private request: Request | null = null;
  private exchange: Exchange | null = null;
  private repeats = 0;

  constructor(job: Job, baud: number) {
    this.job = job;
    this.baud = baud;
  }

  start(now: number): readonly MbusStep[] {
    return this.proceed(null, now);
  }

  push(bytes: Uint8Array, now: number): readonly MbusStep[] {
    return this.settle(this.exchange === null ? null : this.exchange.push(bytes, now), now);
  }

  tick(now: number): readonly MbusStep[] {
    return this.settle(this.exchange === null ? null : this.exchange.tick(now), now);
  }

  private settle(outcome: Outcome | null, now: number): readonly MbusStep[] {
    const request = this.request;
    if (outcome === null || request === null) {
      return [];
    }
    if (this.repeats < request.repeats && !isUsable(outcome, request)) {
      this.repeats++;
      return [this.send(request, now)];
    }
    return this.proceed(outcome, now);
  }

  private proceed(outcome: Outcome | null, now: number): readonly MbusStep[] {
    const steps: MbusStep[] = [];
    this.request = this.job.next(outcome, steps);
    this.repeats = 0;
    if (this.request === null) {
      this.exchange = null;
      steps.push({ type: "end" });
    } else {
      steps.push(this.send(this.request, now));
    }
    return steps;
  }

  private send(request: Request, now: number): MbusStep {
    this.exchange = new Exchange(request.bytes, this.baud, now);
    return { type: "send", bytes: request.bytes };
  }
}

function isUsable(outcome: Outcome, request: Request): boolean {
  return request.wants === "anything" ? outcome.kind !== "silence" : outcome.kind === request.wants;
}

/** Telegrams of one meter; more are not asked for, whatever it says. */
const telegramsMax = 16;
const repeatsOfRead = 2; // EN 13757-2 §5.5: a request is said three times before the meter counts as silent

/** Reads all telegrams of one meter. */
export class MbusRead implements Job {
  private readonly address: MbusAddress;
  private readonly keys: MeterKeys | null;
  private state: "reset" | "select" | "data" = "reset";
  private count = true;
  private telegrams = 0;
  private last: Uint8Array | null = null;

  /** `keys` for a meter that encrypts. */
  constructor(address: MbusAddress, keys: MeterKeys | null) {
    this.address = address;
    this.keys = keys;
  }

  next(outcome: Outcome | null, steps: MbusStep[]): Request | null {
    if (outcome === null) {
      return this.reset();
    }
    if (this.state === "data") {
      return this.telegram(outcome, steps);
    }
    if (this.state === "reset" && this.address.kind === "secondary") {
      this.state = "select";
      return { bytes: selectRequest(this.address), repeats: repeatsOfRead, wants: "ack" };
    }
    if (outcome.kind !== "ack") {
      steps.push({ type: "fault", address: this.address, fault: noAnswer(outcome, this.address) });
      return null;
    }
    this.state = "data";
    return this.ask();
  }

  /** Before a selection the reset is to the last one selected, who may not be there. */
  private reset(): Request {
    return {
      bytes: resetRequest(this.address),
      repeats: this.address.kind === "primary" ? repeatsOfRead : 0,
      wants: "ack",
    };
  }

  private ask(): Request {
    return { bytes: dataRequest(this.address, this.count), repeats: repeatsOfRead, wants: "answer" };
  }

  private telegram(outcome: Outcome, steps: MbusStep[]): Request | null {
    if (outcome.kind !== "answer") {
      steps.push({ type: "fault", address: this.address, fault: noAnswer(outcome, this.address) });
      return null;
    }
    this.telegrams++;
    if (this.last !== null && equal(this.last, outcome.frame)) {
      // The answer to a repeated request came twice: it is the last telegram again, and the next is still to come.
      return this.telegrams < telegramsMax ? this.ask() : null;
    }
    this.last = outcome.frame;
    const read = readAnswer(outcome.frame, this.address, this.keys);
    if (isFault(read)) {
      steps.push({ type: "fault", address: this.address, fault: read });
      return null;
    }
    steps.push({
      type: "telegram",
      address: this.address,
      meter: read.meter,
      medium: read.medium,
      records: read.records,
    });
    this.count = !this.count;
    return moreFollow(read.records) && this.telegrams < telegramsMax ? this.ask() : null;
  }
}

/** What a long frame that answers a request says; a Fault where it is another meter's, as a late answer would be. */
function readAnswer(frame: Uint8Array, address: MbusAddress, keys: MeterKeys | null): Answer | Fault {
  const sender = readSender(frame, address);
  return isFault(sender) ? sender : readApplication(frame, 6, frame.length - 2, keys);
}

/** Who sent a long frame: told by its header, also where the rest is encrypted or not read here. */
export function readSender(
  frame: Uint8Array,
  address: MbusAddress,
): { readonly meter: string | null } | Fault {
  const header = frame[6] === ciFixed ? null : readHeader(frame, 6, frame.length - 2, false);
  if (isFault(header)) {
    return header;
  }
  const own = header === null ? null : header.address;
  const meter = frame[6] === ciFixed ? idText(frame, 7) : own === null ? null : idText(own, 2);
  return isFrom(address, frame[5], meter)
    ? { meter: meter }
    : fault("bus", "another meter answered in place of " + addressText(address));
}

function isFrom(address: MbusAddress, sender: number, meter: string | null): boolean {
  if (address.kind === "primary") {
    return address.address > primaryMost || address.address === sender;
  }
  return meter === null || fits({ kind: "secondary", id: address.id, rest: anyRest }, ownOf(meter));
}

function ownOf(meter: string): SecondaryAddress {
  return { kind: "secondary", id: meter, rest: anyRest };
}

/** Why there is no answer. */
export function noAnswer(outcome: Outcome, address: MbusAddress): Fault {
  const name = "the meter " + addressText(address);
  return outcome.kind === "garbled"
    ? fault(
        "bus",
        name +
          " gave " +
          String(outcome.bytes) +
          " bytes that are no frame: two meters at once, or a bad line",
      )
    : outcome.kind === "silence"
      ? fault("silent", name + " does not answer")
      : fault("bus", name + " gave another answer than was asked for");
}

import type { Fault } from "./fault.ts";
import type { Telegram } from "./meter.ts";
import type { ModbusRequest } from "./modbus-pdu.ts";
import type { ModbusWire, WireStep } from "./modbus-wire.ts";

/** What whoever runs a session is to do or to know, in this order. */
export type ModbusStep =
  | { readonly type: "send"; readonly bytes: Uint8Array }
  | { readonly type: "telegram"; readonly meter: ModbusMeter; readonly telegram: Telegram }
  | { readonly type: "fault"; readonly meter: ModbusMeter; readonly fault: Fault }
  /** Every meter of this round has been asked. */
  | { readonly type: "end" };

/** What a request came to. */
export type ModbusOutcome = Extract<WireStep, { readonly type: "answer" | "fault" }>;

/** A meter on a line, and what is known of it from round to round. */
export interface ModbusMeter {
  readonly unit: number;
  /** Begins a reading. */
  begin(): ModbusReading;
}

/** One reading of a meter under way. */
export interface ModbusReading {
  /** Adds its telegram and its faults, and gives the next request; null when it is done. `outcome` is null at the beginning. */
  next(outcome: ModbusOutcome | null, found: ReadingSink): ModbusRequest | null;
}

export interface ReadingSink {
  telegram(telegram: Telegram): void;
  fault(fault: Fault): void;
}

/**
 * Reads the meters of one line or connection, one after the other. Knows no clock and no port: bytes and times (ms, monotonic) in, steps out;
 * the host calls `tick` at `deadline`. One session lives as long as its line, so that an answer that comes after its round is known for late.
 */
export class ModbusSession {
  private readonly wire: ModbusWire;
  private readonly meters: readonly ModbusMeter[];
  private queue: readonly ModbusMeter[] = [];
  private meter: ModbusMeter | null = null;
  private reading: ModbusReading | null = null;
  private steps: ModbusStep[] = [];

  constructor(wire: ModbusWire, meters: readonly ModbusMeter[]) {
    this.wire = wire;
    this.meters = meters;
  }

  /** When to call tick, ms; null when nothing is awaited. */
  get deadline(): number | null {
    return this.wire.deadline;
  }

  /** Whether a round is under way. */
  get isBusy(): boolean {
    return this.meter !== null;
  }

  /** Begins a round, of all meters or of some. While one is under way it does nothing. */
  start(now: number, meters?: readonly ModbusMeter[]): readonly ModbusStep[] {
    if (this.meter === null) {
      this.queue = meters === undefined ? this.meters : meters;
      this.nextMeter(now);
    }
    return this.handOver();
  }

  push(bytes: Uint8Array, now: number): readonly ModbusStep[] {
    this.act(this.wire.push(bytes, now), now);
    return this.handOver();
  }

  /** Time has come to `deadline`. Earlier calls do nothing. */
  tick(now: number): readonly ModbusStep[] {
    this.act(this.wire.tick(now), now);
    return this.handOver();
  }

  /** The port or connection is gone: the round ends with a fault for each of its meters that has not been read. */
  closed(why: Fault): readonly ModbusStep[] {
    const unread = this.meter === null ? [] : [this.meter].concat(this.queue);
    this.meter = null;
    this.reading = null;
    this.queue = [];
    this.wire.closed(why);
    for (let i = 0; i < unread.length; i++) {
      this.steps.push({ type: "fault", meter: unread[i], fault: why });
    }
    if (unread.length > 0) {
      this.steps.push({ type: "end" });
    }
    return this.handOver();
  }

  private handOver(): readonly ModbusStep[] {
    const steps = this.steps;
    this.steps = [];
    return steps;
  }

  private nextMeter(now: number): void {
    if (this.queue.length === 0) {
      this.meter = null;
      this.reading = null;
      this.steps.push({ type: "end" });
      return;
    }
    this.meter = this.queue[0];
    this.queue = this.queue.slice(1);
    this.reading = this.meter.begin();
    this.proceed(null, now);
  }

  private proceed(outcome: ModbusOutcome | null, now: number): void {
    const meter = this.meter;
    const request =
      meter === null || this.reading === null ? null : this.reading.next(outcome, this.sinkOf(meter));
    if (request === null) {
      this.nextMeter(now);
    } else {
      this.act(this.wire.ask(request, now), now);
    }
  }

  private sinkOf(meter: ModbusMeter): ReadingSink {
    return {
      telegram: (telegram) => {
        this.steps.push({ type: "telegram", meter: meter, telegram: telegram });
      },
      fault: (why) => {
        this.steps.push({ type: "fault", meter: meter, fault: why });
      },
    };
  }

  private act(steps: readonly WireStep[], now: number): void {
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i];
      if (step.type === "send") {
        this.steps.push(step);
      } else {
        this.proceed(step, now);
      }
    }
  }
}

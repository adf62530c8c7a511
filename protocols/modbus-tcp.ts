import { type Fault, fault } from "./fault.ts";
import { exceptionFault } from "./modbus-exception.ts";
import { type ModbusRequest, readAnswerPdu, requestPdu } from "./modbus-pdu.ts";
import { type TcpFrame, TcpFrames, tcpFrame } from "./modbus-tcp-frame.ts";
import { type ModbusWire, queueFull, type WireStep, waitingMax } from "./modbus-wire.ts";

export interface TcpOptions {
  /** How long an answer may take, ms, from the request and from each of its pieces on. */
  readonly patience: number;
}

export const tcpStandard: TcpOptions = { patience: 3000 };

const attemptsMax = 2;
const patiencesMax = 4;
const transactions = 65536;

/**
 * The client's end of a Modbus/TCP connection: an answer belongs to the request whose transaction number it carries, and to no other. One
 * request at a time, since many meters' servers take no more. A late answer finds nobody who waits for its number and is dropped.
 */
export class ModbusTcp implements ModbusWire {
  deadline: number | null = null;
  private readonly options: TcpOptions;
  private frames = new TcpFrames();
  private queue: ModbusRequest[] = [];
  private current: ModbusRequest | null = null;
  private attempts = 0;
  private transaction = 0;
  /** When patience ends, however much comes that is no answer, ms. */
  private last = 0;
  private steps: WireStep[] = [];

  constructor(options: TcpOptions) {
    this.options = options;
  }

  ask(request: ModbusRequest, now: number): readonly WireStep[] {
    if (this.queue.length >= waitingMax) {
      return [queueFull(request)];
    }
    this.queue.push(request);
    return this.proceed(now);
  }

  push(bytes: Uint8Array, now: number): readonly WireStep[] {
    if (this.current !== null && bytes.length > 0) {
      const next = now + this.options.patience;
      this.deadline = next < this.last ? next : this.last;
    }
    const frames = this.frames.push(bytes);
    for (let i = 0; i < frames.length; i++) {
      this.heard(frames[i]);
    }
    if (this.frames.broken) {
      const why = fault("syntax", "what came over the connection is no Modbus/TCP");
      this.steps.push({ type: "reconnect", fault: why });
      return this.closed(why);
    }
    return this.proceed(now);
  }

  tick(now: number): readonly WireStep[] {
    const request = this.current;
    if (request !== null && this.deadline !== null && now >= this.deadline) {
      if (this.attempts < attemptsMax) {
        this.send(request, now);
      } else {
        this.fail(
          request,
          fault("silent", "unit " + request.unit + " does not answer over its connection"),
          0,
        );
      }
    }
    return this.proceed(now);
  }

  closed(why: Fault): readonly WireStep[] {
    const requests = this.current === null ? this.queue : [this.current].concat(this.queue);
    this.queue = [];
    this.current = null;
    this.deadline = null;
    this.frames = new TcpFrames();
    for (let i = 0; i < requests.length; i++) {
      this.fail(requests[i], why, 0);
    }
    return this.handOver();
  }

  private handOver(): readonly WireStep[] {
    const steps = this.steps;
    this.steps = [];
    return steps;
  }

  private proceed(now: number): readonly WireStep[] {
    const next = this.current === null ? this.queue.shift() : undefined;
    if (next !== undefined) {
      this.attempts = 0;
      this.send(next, now);
    } else if (this.current === null) {
      this.deadline = null;
    }
    return this.handOver();
  }

  private send(request: ModbusRequest, now: number): void {
    this.current = request;
    this.attempts++;
    this.transaction = (this.transaction + 1) % transactions;
    this.deadline = now + this.options.patience;
    this.last = now + patiencesMax * this.options.patience;
    const frame = { transaction: this.transaction, unit: request.unit, pdu: requestPdu(request) };
    this.steps.push({ type: "send", bytes: tcpFrame(frame) });
  }

  private heard(frame: TcpFrame): void {
    const request = this.current;
    if (request === null || frame.transaction !== this.transaction) {
      return;
    }
    const answer = frame.unit === request.unit ? readAnswerPdu(request, frame.pdu) : null;
    if (answer === null) {
      this.fail(request, fault("bus", "unit " + request.unit + " gave another answer than was asked for"), 0);
    } else if (answer.kind === "exception") {
      this.fail(request, exceptionFault(request, answer.code), answer.code);
    } else {
      this.current = null;
      this.steps.push({ type: "answer", request: request, registers: answer.bytes });
    }
  }

  private fail(request: ModbusRequest, why: Fault, exception: number): void {
    this.current = null;
    this.steps.push({ type: "fault", request: request, fault: why, exception: exception });
  }
}

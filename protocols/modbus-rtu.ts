import { equal, pieceOf } from "./bytes.ts";
import { type Fault, fault } from "./fault.ts";
import { exceptionFault } from "./modbus-exception.ts";
import { type ModbusRequest, readAnswerPdu, requestPdu } from "./modbus-pdu.ts";
import { bitsPerByte, findAnswer, rtuFrame, rtuMax, silenceAt } from "./modbus-rtu-frame.ts";
import { UnitBook } from "./modbus-units.ts";
import { type ModbusWire, queueFull, type WireStep, waitingMax } from "./modbus-wire.ts";

export interface RtuOptions {
  readonly baud: number;
  /** How long an answer may take to begin, ms. */
  readonly patience: number;
  /** How late an answer may still come after its request, ms: so long a unit is left alone that owes one. At least `patience`. */
  readonly lateMax: number;
}

export const rtuStandard: RtuOptions = { baud: 9600, patience: 1000, lateMax: 3000 };

const attemptsMax = 3;
/** What adapters and operating systems may add between two bytes, ms. */
const latency = 100;
/** How long a request waits for the line to be silent, ms. */
const restMax = 1000;
/** Bytes that are kept while an answer is looked for in them. */
const receivedMax = 2 * rtuMax;

interface Order {
  readonly request: ModbusRequest;
  readonly frame: Uint8Array;
  /** Since when it waits to be sent, ms. */
  since: number;
  attempts: number;
  /** A recent answer of its unit that came again, byte for byte: a late copy, or the answer? */
  doubted: Uint8Array | null;
}

/**
 * The client's end of a serial line. A serial line has no numbers by which answers could be told apart, so three things keep a late one from
 * being given to another request: an answer has the unit, function and length that were asked for; a unit that owes an answer is asked
 * nothing else until it has come or can no longer come; and an answer that equals a recent one of its unit byte for byte is believed only when it
 * comes a second time. The last costs one more exchange where registers have not changed within `lateMax`.
 */
export class ModbusRtu implements ModbusWire {
  deadline: number | null = null;
  private readonly options: RtuOptions;
  private readonly byteTime: number; // ms
  private readonly units: UnitBook;
  private queue: Order[] = [];
  private current: Order | null = null;
  /** When the answer under way counts as over, and when patience ends on a line that never rests. */
  private answerBy = 0;
  private last = 0;
  /** When the line last carried a byte, ours or theirs. */
  private busyAt = -Infinity;
  private receivedAt = -Infinity;
  private readonly received = new Uint8Array(receivedMax);
  private filled = 0;
  private steps: WireStep[] = [];

  constructor(options: RtuOptions) {
    this.options = options;
    this.byteTime = (bitsPerByte * 1000) / options.baud;
    this.units = new UnitBook(options.lateMax);
  }

  ask(request: ModbusRequest, now: number): readonly WireStep[] {
    if (this.queue.length >= waitingMax) {
      return [queueFull(request)];
    }
    const frame = rtuFrame(request.unit, requestPdu(request));
    this.queue.push({ request: request, frame: frame, since: now, attempts: 0, doubted: null });
    return this.proceed(now);
  }

  push(bytes: Uint8Array, now: number): readonly WireStep[] {
    if (now - this.receivedAt > this.gap()) {
      this.filled = 0; // what was torn is not continued
    }
    if (bytes.length > 0) {
      this.receivedAt = now;
      this.busyAt = now > this.busyAt ? now : this.busyAt;
      this.answerBy = now + this.gap() < this.last ? now + this.gap() : this.last;
    }
    for (let at = 0; at < bytes.length; at += rtuMax) {
      this.take(pieceOf(bytes, at, rtuMax));
      this.search(now);
    }
    return this.proceed(now);
  }

  tick(now: number): readonly WireStep[] {
    const order = this.current;
    if (order !== null && now >= this.answerBy) {
      this.current = null;
      if (order.attempts < attemptsMax + (order.doubted === null ? 0 : 1)) {
        order.since = now;
        this.queue.unshift(order);
      } else {
        this.fail(order, this.noAnswer(order), 0);
      }
    }
    return this.proceed(now);
  }

  closed(why: Fault): readonly WireStep[] {
    const orders = this.current === null ? this.queue : [this.current].concat(this.queue);
    this.current = null;
    this.queue = [];
    this.filled = 0;
    for (let i = 0; i < orders.length; i++) {
      this.fail(orders[i], why, 0);
    }
    this.deadline = null;
    return this.handOver();
  }

  private handOver(): readonly WireStep[] {
    const steps = this.steps;
    this.steps = [];
    return steps;
  }

  /** Sends the next request if the line rests and its unit owes nothing; else says when to look again. */
  private proceed(now: number): readonly WireStep[] {
    if (this.current !== null) {
      this.deadline = this.answerBy;
      return this.handOver();
    }
    let soonest = Infinity;
    for (let i = 0; i < this.queue.length && this.current === null; i++) {
      const free = this.freeAt(this.queue[i]);
      if (free <= now) {
        this.send(this.queue.splice(i, 1)[0], now);
      } else if (free < soonest) {
        soonest = free;
      }
    }
    this.deadline = this.current !== null ? this.answerBy : this.queue.length === 0 ? null : soonest;
    return this.handOver();
  }

  /** A request that is said again does not wait for the answer to itself. A line that never rests is not waited for long. */
  private freeAt(order: Order): number {
    const silent = this.busyAt + silenceAt(this.options.baud);
    const rest = silent < order.since + restMax ? silent : order.since + restMax;
    const owed = order.attempts > 0 ? rest : this.units.freeAt(order.request.unit);
    return rest > owed ? rest : owed;
  }

  private send(order: Order, now: number): void {
    const sent = now + order.frame.length * this.byteTime;
    order.attempts++;
    this.current = order;
    this.filled = 0;
    this.receivedAt = -Infinity;
    this.busyAt = sent;
    this.answerBy = sent + this.options.patience;
    this.last = this.answerBy + receivedMax * this.byteTime;
    this.units.asked(order.request.unit, now);
    this.steps.push({ type: "send", bytes: order.frame });
  }

  /** Keeps what came last. */
  private take(bytes: Uint8Array): void {
    const surplus = this.filled + bytes.length - receivedMax;
    if (surplus > 0) {
      this.received.set(this.received.subarray(surplus, this.filled), 0);
      this.filled -= surplus;
    }
    this.received.set(bytes, this.filled);
    this.filled += bytes.length;
  }

  private search(now: number): void {
    let from = 0;
    let found = findAnswer(this.received, from, this.filled);
    while (found !== null) {
      from = found.at + found.length;
      this.heard(new Uint8Array(this.received.subarray(found.at, from)), now);
      found = findAnswer(this.received, from, this.filled);
    }
    this.received.set(this.received.subarray(from, this.filled), 0);
    this.filled -= from;
  }

  /** A whole answer of some unit: the one that is awaited, or a late one. */
  private heard(frame: Uint8Array, now: number): void {
    const order = this.current;
    const answer =
      order === null || frame[0] !== order.request.unit
        ? null
        : readAnswerPdu(order.request, frame.subarray(1, frame.length - 2));
    const again = this.units.heard(frame, now);
    if (order === null || answer === null) {
      return;
    }
    if (again && (order.doubted === null || !equal(order.doubted, frame))) {
      order.doubted = frame;
      this.answerBy = now + latency + frame.length * this.byteTime;
      return;
    }
    this.current = null;
    if (again) {
      this.units.believed(order.request.unit);
    }
    if (answer.kind === "registers") {
      this.steps.push({ type: "answer", request: order.request, registers: answer.bytes });
    } else {
      this.fail(order, exceptionFault(order.request, answer.code), answer.code);
    }
  }

  private fail(order: Order, why: Fault, exception: number): void {
    this.steps.push({ type: "fault", request: order.request, fault: why, exception: exception });
  }

  private noAnswer(order: Order): Fault {
    const name = "unit " + order.request.unit;
    if (this.filled === 0) {
      return fault(
        "silent",
        name + " does not answer: check its address, baud rate and parity, and whether A and B are swapped",
      );
    }
    return equal(this.received.subarray(0, this.filled), order.frame)
      ? fault("silent", name + " does not answer: only the request itself came back")
      : fault(
          "checksum",
          name +
            " gave " +
            this.filled +
            " bytes that are no answer to what was asked: a bad line, two units with one address, or another baud rate or parity",
        );
  }

  /** The longest pause within an answer, ms. */
  private gap(): number {
    return 2 * this.byteTime + latency;
  }
}

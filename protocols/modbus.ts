import { toHex } from "./bytes.ts";
import { fault } from "./fault.ts";
import { type LineResult, LineWindow } from "./line-window.ts";
import type { MeterDecoder, MeterLanguage, RegisterReading } from "./meter.ts";
import { exceptionFault, requestText } from "./modbus-exception.ts";
import { type ModbusAnswer, type ModbusRequest, readAnswerPdu, readRequestPdu } from "./modbus-pdu.ts";
import { answerLength, crcHolds, requestLength, rtuMax } from "./modbus-rtu-frame.ts";

/** What passes on a Modbus line: requests of a client and what units answer. */
export const modbus: MeterLanguage = {
  name: "modbus",
  title: "Modbus RTU",
  standard: "MODBUS over Serial Line V1.02 and MODBUS Application Protocol V1.1b3",
  line: { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  decoder: () => new ModbusDecoder(),
};

/** Which frame begins at a place. */
type Found =
  | { readonly kind: "request" | "answer"; readonly length: number }
  /** Perhaps one, once more bytes have come. */
  | { readonly kind: "more" }
  | { readonly kind: "none" };

const more: Found = { kind: "more" };
const none: Found = { kind: "none" };

/**
 * Pairs answers with the request before them: only then is it known which registers they are of, and that nothing was read into noise.
 * Frames are found byte by byte by their checksum, since a recording has lost the silences between them.
 */
class ModbusDecoder implements MeterDecoder {
  private readonly line = new LineWindow(2 * rtuMax, (at, ended) => this.take(at, ended));
  private asked: { readonly request: ModbusRequest; readonly offset: number } | null = null;
  /** Where bytes that are no frame began, -1 for nowhere. */
  private strayAt = -1;

  push(bytes: Uint8Array): readonly LineResult[] {
    return this.line.push(bytes);
  }

  end(): readonly LineResult[] {
    return this.line.end(() => {
      this.endStray(0);
      this.unanswered();
    });
  }

  /** Takes what begins at `at` and gives its length; 0 where more bytes are needed to tell. That is at most one frame. */
  private take(at: number, ended: boolean): number {
    const frame = this.frameAt(at, ended);
    if (frame.kind === "more") {
      return 0;
    }
    if (frame.kind === "none") {
      this.strayAt = this.strayAt < 0 ? this.line.base + at : this.strayAt;
      return 1;
    }
    this.endStray(at);
    this.takeFrame(frame.kind, at, frame.length);
    return frame.length;
  }

  /** An answer that is awaited goes before a request, and that before any other answer. */
  private frameAt(at: number, ended: boolean): Found {
    const answer = this.whole("answer", answerLength(this.line.bytes, at, this.line.filled), at);
    if (this.isAwaited(answer, at)) {
      return answer;
    }
    const request = this.whole("request", requestLength(this.line.bytes, at, this.line.filled), at);
    const first = request.kind === "none" ? answer : request;
    const second = first === answer ? request : answer;
    if (first.kind === "more" && !ended) {
      return more;
    }
    return first.kind === "request" || first.kind === "answer"
      ? first
      : second.kind === "more" && ended
        ? none
        : second;
  }

  private whole(kind: "request" | "answer", length: number, at: number): Found {
    if (length <= 0) {
      return length < 0 ? more : none;
    }
    if (at + length > this.line.filled) {
      return more;
    }
    return crcHolds(this.line.bytes, at, length) ? { kind: kind, length: length } : none;
  }

  private isAwaited(answer: Found, at: number): boolean {
    return answer.kind === "answer" && this.answerAt(at, answer.length) !== null;
  }

  private answerAt(at: number, length: number): ModbusAnswer | null {
    const asked = this.asked;
    return asked === null || this.line.bytes[at] !== asked.request.unit
      ? null
      : readAnswerPdu(asked.request, this.line.bytes.subarray(at + 1, at + length - 2));
  }

  private takeFrame(kind: "request" | "answer", at: number, length: number): void {
    if (kind === "request") {
      this.unanswered();
      const request = readRequestPdu(this.line.bytes[at], this.line.bytes.subarray(at + 1, at + length - 2));
      this.asked = request === null ? null : { request: request, offset: this.line.base + at };
    } else {
      const answer = this.answerAt(at, length);
      this.answered(answer, at);
    }
  }

  private answered(answer: ModbusAnswer | null, at: number): void {
    const offset = this.line.base + at;
    const asked = this.asked;
    if (asked === null || answer === null) {
      this.line.bad(
        offset,
        fault("content", "unit " + this.line.bytes[at] + " answers what was not asked before it"),
      );
      return;
    }
    this.asked = null;
    if (answer.kind === "exception") {
      this.line.bad(offset, exceptionFault(asked.request, answer.code));
      return;
    }
    this.line.add({
      offset: offset,
      meter: String(asked.request.unit),
      readings: [],
      registers: registersIn(asked.request, answer.bytes),
    });
  }

  private unanswered(): void {
    if (this.asked !== null) {
      const asked = this.asked;
      this.line.bad(asked.offset, fault("silent", requestText(asked.request) + ": no answer follows"));
      this.asked = null;
    }
  }

  private endStray(at: number): void {
    if (this.strayAt >= 0) {
      const count = this.line.base + at - this.strayAt;
      this.line.bad(this.strayAt, fault("checksum", count + " bytes without a frame whose checksum holds"));
      this.strayAt = -1;
    }
  }
}

function registersIn(request: ModbusRequest, bytes: Uint8Array): readonly RegisterReading[] {
  const registers: RegisterReading[] = [];
  const digits = toHex(bytes);
  for (let i = 0; i < request.count; i++) {
    registers.push({
      table: request.table,
      address: request.address + i,
      raw: digits.slice(4 * i, 4 * i + 4),
    });
  }
  return registers;
}

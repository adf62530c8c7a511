import { concat, equal } from "./bytes.ts";
import { ack, frameAt, frameMax } from "./mbus-frame.ts";

/** What one request on a wired M-Bus came to. */
export type Outcome =
  | { readonly kind: "silence" }
  | { readonly kind: "ack" }
  /** A whole long frame whose sum holds. */
  | { readonly kind: "answer"; readonly frame: Uint8Array }
  /** Bytes, but no frame: several meters at once, or a disturbed line. */
  | { readonly kind: "garbled"; readonly bytes: number };

const bitsPerByte = 11; // 8E1
const answerBits = 330; // EN 13757-2 §5.7.1.4: an answer begins within 330 bit times and 50 ms
const answerExtra = 50; // ms
/** What an adapter and an operating system may add on the way, ms. */
const latency = 100;
/** Bytes of one answer; more are not kept. */
const receivedMax = 2 * frameMax;

const silence: Outcome = { kind: "silence" };
const acknowledged: Outcome = { kind: "ack" };

/** Waits for the answer to one request. Time is the caller's monotonic clock in milliseconds. */
export class Exchange {
  private readonly byteTime: number; // ms
  private readonly request: Uint8Array;
  private received: Uint8Array = new Uint8Array(0);
  private deadline: number;

  constructor(request: Uint8Array, baud: number, now: number) {
    this.byteTime = (bitsPerByte * 1000) / baud;
    this.request = request;
    this.deadline = now + request.length * this.byteTime + (answerBits * 1000) / baud + answerExtra + latency;
  }

  /** The outcome as soon as an answer is whole, else null. */
  push(bytes: Uint8Array, now: number): Outcome | null {
    const room = receivedMax - this.received.length;
    this.received = concat([this.received, bytes.length > room ? bytes.subarray(0, room) : bytes]);
    this.deadline = now + 2 * this.byteTime + latency;
    const answer = this.withoutEcho();
    const found = answer.length === 0 ? null : frameAt(answer, 0, answer.length);
    return found !== null && found.kind === "long" && found.length === answer.length
      ? { kind: "answer", frame: answer }
      : null;
  }

  /** The outcome once the line has been quiet for long enough, else null. */
  tick(now: number): Outcome | null {
    if (now < this.deadline) {
      return null;
    }
    const answer = this.withoutEcho();
    if (answer.length === 0) {
      return silence;
    }
    return answer.length === 1 && answer[0] === ack
      ? acknowledged
      : { kind: "garbled", bytes: answer.length };
  }

  /** Some level converters hand the request back. */
  private withoutEcho(): Uint8Array {
    const length = this.request.length;
    return this.received.length >= length && equal(this.received.subarray(0, length), this.request)
      ? this.received.subarray(length)
      : this.received;
  }
}

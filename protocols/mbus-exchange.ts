import { concat, equal } from "./bytes.ts";
import { primaryMost } from "./mbus-address.ts";
import { ack, frameAt, frameMax, startShort } from "./mbus-frame.ts";

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
  /** When the line counts as quiet, and when patience ends on a line that never is. */
  private deadline: number;
  private readonly last: number;

  constructor(request: Uint8Array, baud: number, now: number) {
    this.byteTime = (bitsPerByte * 1000) / baud;
    this.request = request;
    this.deadline = now + request.length * this.byteTime + (answerBits * 1000) / baud + answerExtra + latency;
    this.last = this.deadline + receivedMax * this.byteTime;
  }

  /** The outcome as soon as an answer is whole, else null. */
  push(bytes: Uint8Array, now: number): Outcome | null {
    const room = receivedMax - this.received.length;
    this.received = concat([this.received, bytes.length > room ? bytes.subarray(0, room) : bytes]);
    this.deadline = now + 2 * this.byteTime + latency;
    this.passOver();
    const found = this.received.length === 0 ? null : frameAt(this.received, 0, this.received.length);
    return found !== null && found.kind === "long" && found.length === this.received.length
      ? { kind: "answer", frame: this.received }
      : null;
  }

  /** The outcome once the line has been quiet for long enough, else null. */
  tick(now: number): Outcome | null {
    if (now < this.deadline && now < this.last) {
      return null;
    }
    const answer = this.received;
    if (answer.length === 0) {
      return silence;
    }
    return answer.length === 1 && answer[0] === ack
      ? acknowledged
      : { kind: "garbled", bytes: answer.length };
  }

  /** The request itself, which some level converters hand back, and what another meter says late. */
  private passOver(): void {
    const length = this.request.length;
    if (this.received.length >= length && equal(this.received.subarray(0, length), this.request)) {
      this.received = this.received.subarray(length);
    }
    const found = this.received.length === 0 ? null : frameAt(this.received, 0, this.received.length);
    if (found !== null && found.kind === "long" && this.isForeign(this.received[5])) {
      this.received = this.received.subarray(found.length);
    }
  }

  /** Whoever is called by a secondary address answers with a primary one that is not known here. */
  private isForeign(sender: number): boolean {
    const asked = this.request[2];
    return this.request[0] === startShort && asked <= primaryMost && asked !== sender;
  }
}

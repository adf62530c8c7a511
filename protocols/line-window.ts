import { pieceOf } from "./bytes.ts";
import type { Fault } from "./fault.ts";
import type { BadTelegram, Telegram } from "./meter.ts";

/** Takes what begins at `at` and gives its length; 0 where more bytes are needed to tell, which never is so once the line has ended. */
export type TakeAt = (at: number, ended: boolean) => number;

export type LineResult = Telegram | BadTelegram;

/**
 * The bytes of a line that nobody is done with yet, and what was found in them since somebody asked. A decoder takes bytes from the front,
 * as much as it can; what is left waits for more. `size` is more than the longest thing that may have to wait, so there is always room.
 */
export class LineWindow {
  readonly bytes: Uint8Array;
  /** Bytes in it. */
  filled = 0;
  /** Offset of its first byte since the line's start. */
  base = 0;
  private readonly take: TakeAt;
  private found: LineResult[] = [];

  constructor(size: number, take: TakeAt) {
    this.bytes = new Uint8Array(size);
    this.take = take;
  }

  push(bytes: Uint8Array): readonly LineResult[] {
    for (let taken = 0; taken < bytes.length; ) {
      const part = pieceOf(bytes, taken, this.bytes.length - this.filled);
      this.bytes.set(part, this.filled);
      this.filled += part.length;
      taken += part.length;
      this.scan(false);
    }
    return this.handOver();
  }

  /** No more bytes come. `last` is done when all are taken, and may find something too. */
  end(last?: () => void): readonly LineResult[] {
    this.scan(true);
    if (last !== undefined) {
      last();
    }
    return this.handOver();
  }

  add(result: LineResult): void {
    this.found.push(result);
  }

  /** `offset` since the line's start. */
  bad(offset: number, why: Fault): void {
    this.found.push({ offset: offset, fault: why.fault, detail: why.detail });
  }

  private handOver(): readonly LineResult[] {
    const found = this.found;
    this.found = [];
    return found;
  }

  private scan(ended: boolean): void {
    let at = 0;
    for (let length = 1; at < this.filled && length > 0; at += length) {
      length = this.take(at, ended);
    }
    this.bytes.set(this.bytes.subarray(at, this.filled), 0);
    this.filled -= at;
    this.base += at;
  }
}

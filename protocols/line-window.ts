import { pieceOf } from "./bytes.ts";

/** Takes what begins at `at` and gives its length; 0 where more bytes are needed to tell, which never is so once the line has ended. */
export type TakeAt = (at: number, ended: boolean) => number;

/**
 * The bytes of a line that nobody is done with yet. A decoder takes them from the front, as much as it can; what is left waits for more.
 * `size` is more than the longest thing that may have to wait, so there is always room.
 */
export class LineWindow {
  readonly bytes: Uint8Array;
  /** Bytes in it. */
  filled = 0;
  /** Offset of its first byte since the line's start. */
  base = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  push(bytes: Uint8Array, take: TakeAt): void {
    for (let taken = 0; taken < bytes.length; ) {
      const part = pieceOf(bytes, taken, this.bytes.length - this.filled);
      this.bytes.set(part, this.filled);
      this.filled += part.length;
      taken += part.length;
      this.scan(false, take);
    }
  }

  /** No more bytes come. */
  end(take: TakeAt): void {
    this.scan(true, take);
  }

  private scan(ended: boolean, take: TakeAt): void {
    let at = 0;
    for (let length = 1; at < this.filled && length > 0; at += length) {
      length = take(at, ended);
    }
    this.bytes.set(this.bytes.subarray(at, this.filled), 0);
    this.filled -= at;
    this.base += at;
  }
}

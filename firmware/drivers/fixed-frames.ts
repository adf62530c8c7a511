import { type Fault, fault } from "../../protocols/fault.ts";

/** The frames of a sensor that sends head bytes, a fixed number of bytes in all, and a checksum among them. */
export interface FrameForm {
  /** For fault details. */
  readonly name: string;
  readonly head: readonly number[];
  /** Of the whole frame, head and checksum included, bytes. */
  readonly length: number;
  /** Whether the checksum of the frame that starts at `at` fits. */
  fits(bytes: Uint8Array, at: number): boolean;
}

/**
 * Finds whole frames in a stream that may begin, break or be disturbed anywhere: after a frame that does not fit, the search goes
 * on one byte further. Holds one frame at most.
 */
export class FixedFrames {
  form: FrameForm;
  held: Uint8Array;
  count = 0;

  constructor(form: FrameForm) {
    this.form = form;
    this.held = new Uint8Array(form.length);
  }

  /** `onFrame` gets a view that is only good during the call. */
  push(bytes: Uint8Array, onFrame: (frame: Uint8Array) => void, onFault: (fault: Fault) => void): void {
    for (let i = 0; i < bytes.length; i++) {
      this.held[this.count++] = bytes[i];
      this.align();
      if (this.count === this.form.length) {
        if (this.form.fits(this.held, 0)) {
          onFrame(this.held);
          this.count = 0;
        } else {
          onFault(fault("checksum", this.form.name + " sent a frame whose checksum does not fit"));
          this.shift();
          this.align();
        }
      }
    }
  }

  /** Drops bytes until what is held can begin a frame. */
  align(): void {
    while (this.count > 0 && !this.couldBegin()) {
      this.shift();
    }
  }

  couldBegin(): boolean {
    const head = this.form.head;
    for (let i = 0; i < head.length && i < this.count; i++) {
      if (this.held[i] !== head[i]) {
        return false;
      }
    }
    return true;
  }

  shift(): void {
    this.held.set(this.held.subarray(1, this.count), 0);
    this.count--;
  }
}

import { type Fault, fault } from "../../protocols/fault.ts";
import { encodeFrame, FrameReader } from "../../protocols/framing.ts";
import { frameMax, type Link } from "../../protocols/link.ts";
import { SerialLine } from "./serial-line.ts";

/** The way to the gateway over a serial line: COBS frames, 8N1. */
export class SerialLink implements Link {
  readonly name: string;
  readonly frameMax = frameMax;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  readonly #line: SerialLine;

  constructor(options: {
    readonly path: string;
    readonly baud: number;
    readonly onState: (state: Fault | null) => void;
  }) {
    this.name = `serial ${options.path}`;
    const reader = new FrameReader();
    this.#line = new SerialLine({
      path: options.path,
      settings: { baud: options.baud, dataBits: 8, parity: "none", stopBits: 1 },
      silence: 0, // a gateway says something only when it is spoken to
      onBytes: (bytes) =>
        reader.push(
          bytes,
          (frame) => this.onFrame?.(frame),
          (bad) => options.onState(fault("link", `${this.name}: ${bad.detail}`)),
        ),
      onState: options.onState,
    });
  }

  ready(): boolean {
    return this.#line.isOpen;
  }

  send(frame: Uint8Array): Fault | null {
    return this.#line.write(encodeFrame(frame));
  }

  close(): void {
    this.#line.close();
  }
}

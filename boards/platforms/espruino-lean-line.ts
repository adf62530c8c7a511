import { unwrapText, wrapText } from "./espruino-text-frames.ts";
import { serialPort } from "./espruino-uart.ts";

/** Longer than any frame with its zeros: what is left of it will not check. */
const heldMax = 1024;

/** Frames as byte texts over a board's serial port, as espruino-serial-link.ts has them as bytes. */
export interface LeanLine {
  carry(frame: string): void;
  hear(onFrame: (frame: string) => void): void;
}

/** `pins`: as the interpreter's setup takes them. */
export function leanLine(name: string, baud: number, pins: { rx?: string; tx?: string }): LeanLine {
  const port = serialPort(name);
  let held = "";
  port.setup(baud, pins);
  return {
    carry: (frame) => port.write(wrapText(frame)),
    hear(onFrame) {
      port.on("data", (text) => {
        const parts = (held + text).split("\0");
        held = parts.pop() as string;
        if (held.length > heldMax) {
          held = "\x01";
        }
        parts.forEach((part) => {
          const frame = unwrapText(part);
          if (frame !== "") {
            onFrame(frame);
          }
        });
      });
    },
  };
}

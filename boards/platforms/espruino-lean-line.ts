import { unwrapText, wrapText } from "./espruino-text-frames.ts";
import { serialPort, type UartWiring } from "./espruino-uart.ts";

/** Longer than any frame with its zeros: what is left of it will not check. */
const heldMax = 1024;

/** Frames as byte texts over a board's serial port, as espruino-serial-link.ts has them as bytes. */
export interface LeanLine {
  send(frame: string): void;
  listen(onFrame: (frame: string) => void): void;
}

export function leanLine(wiring: UartWiring, baud: number): LeanLine {
  const port = serialPort(wiring.port);
  let held = "";
  port.setup(baud, {
    rx: wiring.rx,
    tx: wiring.tx,
    path: wiring.path,
    bytesize: 8,
    parity: "none",
    stopbits: 1,
  });
  return {
    send: (frame) => port.write(wrapText(frame)),
    listen(onFrame) {
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

import type { Link } from "../../protocols/link.ts";
import { boardFrameMax, frameFinder, wrapFrame } from "./espruino-frames.ts";
import { serialPort, type UartWiring } from "./espruino-uart.ts";

/** Frames over a board's serial port, which must not be the console: see espruino-console.ts. */
export function espruinoSerialLink(wiring: UartWiring, baud: number): Link {
  const port = serialPort(wiring.port);
  const link: Link = {
    name: wiring.port,
    frameMax: boardFrameMax,
    ready: () => true,
    send: (frame) => {
      port.write(wrapFrame(frame));
      return null;
    },
    onFrame: null,
  };
  port.setup(baud, {
    rx: wiring.rx,
    tx: wiring.tx,
    path: wiring.path,
    bytesize: 8,
    parity: "none",
    stopbits: 1,
  });
  port.on(
    "data",
    frameFinder((frame) => {
      if (link.onFrame !== null) {
        link.onFrame(frame);
      }
    }),
  );
  return link;
}

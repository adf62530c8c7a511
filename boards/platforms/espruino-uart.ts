import type { Uart } from "../platform.ts";
import type { EspruinoE, EspruinoGlobal, EspruinoSerial } from "./espruino-globals.ts";

declare const E: EspruinoE;

/** A serial port by Espruino's name of it, e.g. "Serial1", and the pins it is on; `path` on the interpreter for Linux. */
export interface UartWiring {
  readonly port: string;
  readonly rx?: string;
  readonly tx?: string;
  readonly path?: string;
}

/** The port of a meter or a sensor. */
export function espruinoUart(wiring: UartWiring): Uart {
  const port = serialPort(wiring.port);
  return {
    open: (settings, onBytes, onState) => {
      port.removeAllListeners("data");
      port.setup(settings.baud, {
        rx: wiring.rx,
        tx: wiring.tx,
        path: wiring.path,
        bytesize: settings.dataBits,
        parity: settings.parity,
        stopbits: settings.stopBits,
      });
      port.on("data", (text) => onBytes(E.toUint8Array(text)));
      onState(null);
    },
    write: (bytes) => port.write(bytes),
    close: () => port.removeAllListeners("data"),
  };
}

export function serialPort(name: string): EspruinoSerial {
  return (globalThis as unknown as EspruinoGlobal)[name] as EspruinoSerial;
}

import { SerialPort } from "serialport";

/** What esptool-js asks of a port: that of browsers (WICG Serial API), as far as it is used, over serialport. */
export class EspPort {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  readonly #path: string;
  #port: SerialPort | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  getInfo(): { readonly usbVendorId?: number; readonly usbProductId?: number } {
    return {};
  }

  async open({ baudRate }: { readonly baudRate: number }): Promise<void> {
    const port = new SerialPort({ path: this.#path, baudRate, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error ? reject(error) : resolve()));
    });
    this.#port = port;
    this.readable = new ReadableStream({
      start: (controller) => {
        port.on("data", (bytes: Buffer) => controller.enqueue(new Uint8Array(bytes)));
        port.once("close", () => {
          try {
            controller.close();
          } catch {
            // Whoever read has cancelled it already.
          }
        });
      },
      cancel: () => void port.removeAllListeners("data"),
    });
    this.writable = new WritableStream({
      write: (bytes) =>
        new Promise<void>((resolve, reject) => {
          port.write(bytes, (error) => (error ? reject(error) : port.drain(() => resolve())));
        }),
    });
  }

  async setBaudRate(baudRate: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#port?.update({ baudRate }, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The lines that many boards wire to EN and BOOT. Where a port has none, the person presses the buttons. */
  async setSignals(signals: {
    readonly dataTerminalReady?: boolean;
    readonly requestToSend?: boolean;
  }): Promise<void> {
    const { dataTerminalReady: dtr, requestToSend: rts } = signals;
    const lines = { ...(dtr === undefined ? {} : { dtr }), ...(rts === undefined ? {} : { rts }) };
    await new Promise<void>((resolve) => {
      this.#port?.set(lines, () => resolve());
    });
  }

  async close(): Promise<void> {
    const port = this.#port;
    this.#port = null;
    this.readable = null;
    this.writable = null;
    if (port?.isOpen === true) {
      await new Promise<void>((resolve) => port.close(() => resolve()));
    }
  }
}

import { SerialPort } from "serialport";
import { diagnosePort } from "../../gateway/serial-port.ts";
import type { Wire } from "./console-line.ts";

/** A port on USB goes away when its board starts anew, and comes back within this time, ms. */
const comeBackMax = 10_000;
const retryEvery = 200;

/** A serial port as a line to a console. XON and XOFF are obeyed: a board says so when it cannot keep up. */
export class SerialWire implements Wire {
  readonly #path: string;
  readonly #baud: number;
  #port: SerialPort | null = null;
  #take: (text: string) => void = () => {};
  #lost: () => void = () => {};

  constructor(path: string, baud: number) {
    this.#path = path;
    this.#baud = baud;
  }

  /** Opens the port; rejects with the problem, each of its own: missing, forbidden, in use, failed. */
  async open(): Promise<void> {
    const refused = await this.#tryOpen();
    if (refused !== null) {
      throw await diagnosePort(this.#path, refused);
    }
  }

  write(text: string): void {
    this.#port?.write(text, "latin1");
  }

  onText(take: (text: string) => void): void {
    this.#take = take;
  }

  /** Who is told when the port is gone. */
  onLost(lost: () => void): void {
    this.#lost = lost;
  }

  /** Opens the port again once its board has started; one that never went away stays open. */
  async reopen(): Promise<void> {
    const end = performance.now() + comeBackMax;
    await new Promise((resolve) => setTimeout(resolve, retryEvery));
    while (this.#port === null || !this.#port.isOpen) {
      const refused = await this.#tryOpen();
      if (refused !== null && performance.now() > end) {
        throw await diagnosePort(this.#path, refused);
      }
      await new Promise((resolve) => setTimeout(resolve, retryEvery));
    }
  }

  close(): Promise<void> {
    const port = this.#port;
    this.#port = null;
    return new Promise((resolve) => {
      if (port?.isOpen === true) {
        port.drain(() => port.close(() => resolve()));
      } else {
        resolve();
      }
    });
  }

  #tryOpen(): Promise<Error | null> {
    const port = new SerialPort({
      path: this.#path,
      baudRate: this.#baud,
      autoOpen: false,
      xon: true,
      xoff: true,
    });
    this.#port = port;
    port.on("data", (bytes: Buffer) => this.#take(bytes.toString("latin1")));
    port.on("close", () => this.#lost());
    port.on("error", () => this.#lost());
    return new Promise((resolve) => port.open((error) => resolve(error ?? null)));
  }
}

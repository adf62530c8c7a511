import { statSync } from "node:fs";
import { SerialPort } from "serialport";
import { type Fault, fault } from "../../protocols/fault.ts";
import type { UartSettings } from "../platform.ts";
import { type Said, saidOf } from "./said-fault.ts";

export interface SerialLineOptions {
  readonly path: string;
  readonly settings: UartSettings;
  /** Without a byte for this long, ms, the port is closed and opened again; 0: never. Some adapters die without a sign. */
  readonly silence: number;
  readonly onBytes: (bytes: Uint8Array) => void;
  /** null: open. A Fault: not, and why; told once for each reason. */
  readonly onState: (state: Fault | null) => void;
}

/** Between tries to open, ms. */
const retryDelay = 2000;
/** How often to look whether the adapter is still there, ms. */
const watchEvery = 1000;
/** Bytes that may wait to go out. */
const backlogMax = 16384;

/**
 * A serial port that opens itself again. An adapter that was pulled out does not always close its port, so its path is
 * watched, and a line that stays silent is opened anew.
 */
export class SerialLine {
  readonly #options: SerialLineOptions;
  #port: SerialPort | null = null;
  #open = false;
  #node = "";
  #heard = 0;
  #trouble: string | null = null;
  #timer: NodeJS.Timeout;
  #quiet: NodeJS.Timeout | undefined = undefined;
  #nextTry = 0;
  #baud: number;
  /** A change of speed is under way; what is to go out behind it waits. */
  #changing = false;
  readonly #later: Uint8Array[] = [];

  constructor(options: SerialLineOptions) {
    this.#options = options;
    this.#baud = options.settings.baud;
    this.#try();
    this.#timer = setInterval(() => this.#watch(), watchEvery);
    this.#timer.unref();
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** null, or why the bytes were not taken: "full" where too many wait already. */
  write(bytes: Uint8Array): Fault | null {
    if (this.#port === null || !this.#open) {
      return fault("bus", `${this.#options.path} is not open`);
    }
    if (this.#port.writableLength + bytes.length > backlogMax) {
      return fault("full", `${this.#options.path} has ${this.#port.writableLength} bytes still to send`);
    }
    if (this.#changing) {
      this.#later.push(bytes);
    } else {
      this.#port.write(bytes);
    }
    return null;
  }

  /** Goes on at another baud once what was written before is out; what is written meanwhile goes out at the new one. */
  change(baud: number): void {
    this.#baud = baud;
    const port = this.#port;
    if (port === null || !this.#open || this.#changing) {
      return;
    }
    this.#changing = true;
    port.drain(() => this.#retune(port));
  }

  #retune(port: SerialPort): void {
    const baud = this.#baud;
    if (this.#port !== port) {
      return;
    }
    port.update({ baudRate: baud }, (error) => {
      if (error) {
        this.#lost(port, { en: `it does not go at ${baud} baud`, de: `er geht nicht mit ${baud} Baud` });
      } else if (this.#port === port && baud !== this.#baud) {
        this.#retune(port);
      } else if (this.#port === port) {
        this.#changing = false;
        for (const bytes of this.#later.splice(0)) {
          port.write(bytes);
        }
      }
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#drop();
  }

  #try(): void {
    const { path, settings } = this.#options;
    this.#nextTry = performance.now() + retryDelay;
    const port = new SerialPort({
      path,
      baudRate: this.#baud,
      dataBits: settings.dataBits,
      parity: settings.parity,
      stopBits: settings.stopBits,
      autoOpen: false,
    });
    this.#port = port;
    port.on("data", (bytes: Uint8Array) => {
      if (this.#port === port) {
        this.#heard = performance.now();
        this.#options.onBytes(new Uint8Array(bytes));
        this.#awaitQuiet(port);
      }
    });
    port.on("close", () => this.#lost(port, pulledOut));
    port.on("error", (error) => this.#lost(port, reasonOf(error)));
    port.open((error) => {
      if (this.#port !== port) {
        port.close(() => {});
      } else if (error) {
        this.#lost(port, reasonOf(error));
      } else {
        this.#opened();
      }
    });
  }

  #awaitQuiet(port: SerialPort): void {
    const { idle } = this.#options.settings;
    if (idle !== undefined) {
      clearTimeout(this.#quiet);
      this.#quiet = setTimeout(() => this.#port === port && this.#options.onBytes(new Uint8Array(0)), idle);
      this.#quiet.unref();
    }
  }

  #opened(): void {
    this.#open = true;
    this.#heard = performance.now();
    this.#node = nodeOf(this.#options.path);
    this.#trouble = null;
    this.#options.onState(null);
  }

  #lost(port: SerialPort, reason: Said): void {
    if (this.#port !== port) {
      return;
    }
    this.#drop();
    if (reason.en !== this.#trouble) {
      this.#trouble = reason.en;
      this.#options.onState(saidOf(this.#options.path, reason));
    }
  }

  #drop(): void {
    const port = this.#port;
    this.#port = null;
    this.#open = false;
    this.#changing = false;
    this.#later.length = 0;
    if (port?.isOpen) {
      port.close(() => {});
    }
  }

  #watch(): void {
    const now = performance.now();
    if (this.#port === null) {
      if (now >= this.#nextTry) {
        this.#try();
      }
      return;
    }
    if (!this.#open) {
      return;
    }
    if (nodeOf(this.#options.path) !== this.#node) {
      this.#lost(this.#port, pulledOut);
    } else if (this.#options.silence > 0 && now - this.#heard > this.#options.silence) {
      this.#drop();
      this.#nextTry = now;
    }
  }
}

/** Which device a path means now; empty where there is none. */
function nodeOf(path: string): string {
  try {
    const { dev, ino, rdev } = statSync(path);
    return `${dev}:${ino}:${rdev}`;
  } catch {
    return "";
  }
}

const pulledOut: Said = { en: "the adapter was pulled out", de: "der Adapter wurde abgezogen" };

/** serialport gives texts only. */
function reasonOf(error: Error): Said {
  if (/no such file/i.test(error.message)) {
    return {
      en: "there is no such port: is the adapter plugged in?",
      de: "diesen Anschluss gibt es nicht: Steckt der Adapter?",
    };
  }
  if (/permission denied|access denied/i.test(error.message)) {
    return {
      en: "no permission: the user must be in the group dialout",
      de: "keine Berechtigung: Der Benutzer muss in der Gruppe dialout sein",
    };
  }
  if (/cannot lock|busy/i.test(error.message)) {
    return { en: "another program uses it", de: "ein anderes Programm benutzt ihn" };
  }
  return { en: "the port failed", de: "der Anschluss ist ausgefallen" };
}

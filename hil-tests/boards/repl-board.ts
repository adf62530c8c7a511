import { createHash } from "node:crypto";
import { type Context, createContext, runInContext } from "node:vm";
import { realTimers, type Timers } from "../../boards/platforms/timers.ts";
import { crc32 } from "../../protocols/crc.ts";
import { packetAt, packetText } from "../../scripts/flash/packet.ts";
import type { BoardFlash } from "./board-flash.ts";

/** What goes wrong on the line, and in which order. */
export interface Weather {
  /** Whether a character that was sent to the board is lost. */
  readonly loses?: () => boolean;
  /** Whether a packet that arrived whole is answered with NAK, as one that was damaged. */
  readonly refuses?: () => boolean;
  /** Whether the answer to a packet is lost. */
  readonly mutes?: () => boolean;
  /** How much later than usual the answer to a packet or a line comes, ms, as from a board that is busy. */
  readonly delays?: () => number;
  /** How long the board is busy from here on, and takes what comes only afterwards, ms. */
  readonly busy?: () => number;
  /** Whether the board starts anew instead of doing what the packet says. */
  readonly resets?: () => boolean;
}

export interface ReplBoardOptions {
  readonly flash: BoardFlash;
  readonly board?: string;
  /** The chip's own number. */
  readonly serial?: string;
  readonly version?: string;
  /** Without it the module `crypto` is not there. */
  readonly sha256?: boolean;
  readonly crc32?: boolean;
  readonly password?: string;
  readonly weather?: Weather;
  readonly timers?: Timers;
}

/** What of escape [ 2 H is there before its last character. */
const eraseBegun = ["\x1b", "\x1b[", "\x1b[2"];
/** Characters of a password that are looked at. */
const passwordMax = 20;
/** After so long a packet that is not complete is answered with NAK, ms (2v29: jsiPacketStart). */
const packetTimeout = 5000;

/**
 * A board with Espruino's console (jsinteractive.c, 2v29): it echoes, speaks the packet protocol, runs what it is sent, keeps files in its
 * flash and starts its boot code from there. What it is sent runs in an engine of its own, not in Espruino: for that there is the lane
 * with the real interpreter.
 */
export class ReplBoard {
  readonly options: ReplBoardOptions;
  /** The interpreter's global object since the last start. */
  globals: Context = createContext({});
  starts = 0;
  #send: (text: string) => void = () => {};
  #line = "";
  #echo = true;
  #packet: string | null = null;
  #hadDle = false;
  #locked: boolean;
  readonly #timers: Timers;
  #due = new Map<number, () => void>();
  #lastTimer = 0;
  #packetTimer = 0;
  /** What came while it is busy; null while it is not. */
  #waiting: string | null = null;

  constructor(options: ReplBoardOptions) {
    this.options = options;
    this.#timers = options.timers ?? realTimers;
    this.#locked = options.password !== undefined;
  }

  /** Who hears what it says. */
  attach(send: (text: string) => void): void {
    this.#send = send;
  }

  /** Power comes, or comes again: the boot code runs. */
  start(): void {
    this.starts++;
    this.#begin();
    this.#locked = this.options.password !== undefined;
    const boot = this.options.flash.storage().read(".bootcde");
    if (boot !== undefined) {
      this.#run(boot);
    }
    this.#say("\r\n>");
  }

  /** No more timers; for the end of a test. */
  stop(): void {
    for (const forget of this.#due.values()) {
      forget();
    }
    this.#due.clear();
  }

  /** Bytes as characters, as they come over the line. */
  receive(text: string): void {
    const busy = this.#waiting === null ? (this.options.weather?.busy?.() ?? 0) : 0;
    if (busy > 0) {
      this.#waiting = "";
      this.#later(() => {
        const came = this.#waiting ?? "";
        this.#waiting = null;
        this.receive(came);
      }, busy);
    }
    if (this.#waiting !== null) {
      this.#waiting += text;
      return;
    }
    for (const one of text) {
      if (!this.options.flash.isOff && this.options.weather?.loses?.() !== true) {
        this.#take(one);
      }
    }
  }

  #begin(): void {
    this.stop();
    this.#line = "";
    this.#packet = null;
    this.#echo = true;
    this.globals = createContext(this.#interpreter());
    this.globals["global"] = this.globals;
  }

  #take(one: string): void {
    if (this.#packet !== null) {
      this.#packet += one;
      const found = packetAt(this.#packet, 0);
      if (found !== null) {
        this.#forget(this.#packetTimer);
        this.#packet = null;
        this.#receivePacket(found.packet);
      }
      return;
    }
    const dle = this.#hadDle;
    this.#hadDle = one === "\x10";
    if (this.#locked) {
      this.#unlock(one);
    } else if (one === "\x01" && dle && this.#hasPackets()) {
      this.#beginPacket();
    } else if (one === "\x10") {
      this.#echo = this.#line !== "";
    } else if (one === "\x05" && this.#line === "" && this.#hasPackets()) {
      this.#say(`Espruino ${this.#version()} ${this.options.board ?? "PUCKJS"}\r\n`);
    } else if (one === "\x03" || (one === "H" && this.#line.endsWith("\x1b[2"))) {
      this.#line = "";
    } else if (one === "\n" || one === "\r") {
      this.#enter();
    } else if (one >= " " || one === "\x1b") {
      this.#line += one;
      if (this.#echo && one >= " " && !eraseBegun.includes(this.#line.slice(-3))) {
        this.#say(one);
      }
    }
  }

  #beginPacket(): void {
    this.#packet = "\x10\x01";
    this.#echo = true;
    this.#packetTimer = this.#later(() => {
      this.#packet = null;
      this.#say("\x15");
    }, packetTimeout);
  }

  #receivePacket({ type, payload }: { readonly type: number; readonly payload: string }): void {
    const { weather } = this.options;
    if (weather?.resets?.() === true) {
      this.start();
    } else if (weather?.refuses?.() === true || type !== 1) {
      this.#say("\x15\r\n");
    } else {
      const answer = this.#run(payload);
      if (answer === undefined) {
        return;
      }
      const text = "error" in answer ? `\x15Uncaught ${answer.error}\r\n` : this.#answer(answer.value);
      if (weather?.mutes?.() !== true) {
        this.#answerLater(text);
      }
    }
  }

  #answer(value: unknown): string {
    return `\x06${packetText({ type: 0, payload: JSON.stringify(value) ?? "undefined" })}`;
  }

  #answerLater(text: string): void {
    const delay = this.options.weather?.delays?.() ?? 0;
    if (delay === 0) {
      this.#say(text);
    } else {
      this.#later(() => this.#say(text), delay);
    }
  }

  #enter(): void {
    const line = this.#line;
    const echo = this.#echo;
    this.#line = "";
    this.#echo = true;
    if (echo) {
      this.#say("\r\n");
    }
    const answer = this.#run(line);
    if (answer !== undefined) {
      const shown =
        "error" in answer ? `Uncaught ${answer.error}\r\n` : echo ? `=${String(answer.value)}\r\n` : "";
      this.#say(`${shown}>`);
    }
  }

  #unlock(one: string): void {
    if (one !== "\n" && one !== "\r") {
      this.#line += one >= " " && this.#line.length < passwordMax ? one : "";
      return;
    }
    this.#locked = this.#line !== this.options.password;
    this.#line = "";
    this.#say(this.#locked ? "\n  Invalid password\npassword>" : "\n  Logged in.\n>");
  }

  /** undefined where the board started anew, or has no more power. */
  #run(program: string): { readonly value: unknown } | { readonly error: string } | undefined {
    const starts = this.starts;
    const globals = this.globals;
    let result: { readonly value: unknown } | { readonly error: string };
    try {
      result = { value: runInContext(program, globals) };
    } catch (error) {
      result = { error: String(error) };
    }
    return this.options.flash.isOff || this.starts !== starts || this.globals !== globals
      ? undefined
      : result;
  }

  #say(text: string): void {
    if (!this.options.flash.isOff) {
      this.#send(text);
    }
  }

  #version(): string {
    return this.options.version ?? "2v29.1";
  }

  #hasPackets(): boolean {
    return Number(/v(\d+)/.exec(this.#version())?.[1]) >= 25;
  }

  /** Once what runs has ended. */
  #later(act: () => void, delay = 0): number {
    const timer = ++this.#lastTimer;
    const run = () => {
      this.#due.delete(timer);
      if (!this.options.flash.isOff) {
        act();
      }
    };
    this.#due.set(timer, this.#timers.after(delay, run));
    return timer;
  }

  #forget(timer: number): void {
    this.#due.get(timer)?.();
    this.#due.delete(timer);
  }

  #interpreter(): Record<string, unknown> {
    const { options } = this;
    const bytes = (text: string) => Buffer.from(text, "latin1");
    const modules: Record<string, unknown> = { Storage: options.flash.storage() };
    if (options.sha256 !== false) {
      modules["crypto"] = {
        SHA256: (text: string) => Uint8Array.from(createHash("sha256").update(bytes(text)).digest()).buffer,
      };
    }
    return {
      getSerial: () => options.serial ?? "01234567-89abcdef",
      process: { env: { VERSION: this.#version(), BOARD: options.board ?? "PUCKJS" } },
      require: (name: string) => {
        if (modules[name] === undefined) {
          throw new Error(`Module ${name} not found`);
        }
        return modules[name];
      },
      E: {
        CRC32: options.crc32 === false ? undefined : (text: string) => crc32(bytes(text), 0, text.length),
        enableWatchdog: () => {},
        kickWatchdog: () => {},
        lockConsole: () => {
          this.#locked = options.password !== undefined;
        },
        reboot: () => this.#later(() => this.start()),
      },
      print: (...texts: unknown[]) => this.#answerLater(`${texts.join(" ")}\r\n`),
      reset: () =>
        this.#later(() => {
          this.#begin();
          this.#say("\r\n>");
        }),
      setTimeout: (act: () => void, delay: number) => this.#later(act, delay),
      clearTimeout: (timer: number) => this.#forget(timer),
    };
  }
}

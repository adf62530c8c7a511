import { EventEmitter } from "node:events";
import firmataIo, { type Firmata, type Transport } from "firmata-io";
import Board from "johnny-five/lib/board.js";
import { type Fault, fault } from "../../protocols/fault.ts";
import { SerialLine } from "./serial-line.ts";

export interface FirmataOptions {
  /** Serial port of the Arduino. */
  readonly path: string;
  readonly baud: number;
  /** null: it answers. A Fault: it does not, and why; told once for each reason. */
  readonly onState: (state: Fault | null) => void;
  /** From the opening of the port until the board must have told what it has, ms; ten seconds unless told otherwise. */
  readonly patience?: number;
}

/** An Arduino that was reset by the opening of its port has told its version by then, ms; one that was not is asked. */
const versionWait = 2500;
const patienceStandard = 10_000;
/** Bytes of one message; the longest is the list of a Mega's pins, about 1,200 bytes. */
const messageMax = 4096;
/** Between two samples of the analogue inputs, ms. */
const samplingInterval = 100;

/**
 * An Arduino with Firmata at a serial port. The port opens itself again (SerialLine); then the board is a new one, and everybody who
 * asked for one is told.
 */
export class FirmataBoard {
  readonly path: string;
  readonly #options: FirmataOptions;
  readonly #users: ((board: Board) => void)[] = [];
  #line: SerialLine;
  #transport: EventEmitter | null = null;
  #io: Firmata | null = null;
  #board: Board | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #trouble: string | null = null;

  constructor(options: FirmataOptions) {
    this.path = options.path;
    this.#options = options;
    this.#line = this.#openLine();
  }

  /** The board that answers now, or the Fault that there is none. */
  board(): Board | Fault {
    return this.#board ?? fault("bus", `${this.path}: no Arduino answers`);
  }

  /** Calls `use` with the board as soon as it answers, and again whenever it has been away. */
  use(use: (board: Board) => void): void {
    this.#users.push(use);
    if (this.#board !== null) {
      use(this.#board);
    }
  }

  /** Says of a board that answers what it cannot do. */
  complain(reason: Fault): void {
    this.#options.onState(reason);
  }

  /** Begins anew with a board that does not do what it is asked. */
  restart(reason: string): void {
    this.#forget();
    this.#line.close();
    this.#tell(fault("bus", `${this.path}: ${reason}`));
    this.#line = this.#openLine();
  }

  close(): void {
    this.#forget();
    this.#line.close();
  }

  #openLine(): SerialLine {
    return new SerialLine({
      path: this.path,
      settings: { baud: this.#options.baud, dataBits: 8, parity: "none", stopBits: 1 },
      silence: 0, // it says nothing unless it is asked
      onBytes: (bytes) => this.#take(bytes),
      onState: (state) => (state === null ? this.#greet() : this.#lost(state)),
    });
  }

  /** The port is open: a new conversation. */
  #greet(): void {
    this.#forget();
    const transport: Transport = Object.assign(new EventEmitter(), {
      write: (bytes: Uint8Array, done: () => void) => {
        if (this.#transport === transport) {
          this.#line.write(bytes);
        }
        done();
      },
    });
    const io = new firmataIo.Firmata(transport, { reportVersionTimeout: versionWait });
    this.#transport = transport;
    this.#io = io;
    this.#deadline = setTimeout(
      () => this.restart("nothing there speaks Firmata: put StandardFirmata 2.5 or newer onto the Arduino"),
      this.#options.patience ?? patienceStandard,
    );
    // once: the board tells its io layer "ready" again, and would be made again without end.
    io.once("ready", () => this.#ready(io));
    transport.emit("open");
  }

  #ready(io: Firmata): void {
    if (this.#io !== io) {
      return;
    }
    clearTimeout(this.#deadline);
    const board = new Board({ io, repl: false, debug: false, sigint: false });
    board.once("ready", () => {
      if (this.#io !== io) {
        return;
      }
      board.samplingInterval(samplingInterval);
      board.i2cConfig(0);
      this.#board = board;
      this.#tell(null);
      for (const use of this.#users) {
        use(board);
      }
    });
  }

  /** The io layer trusts what comes: bytes that are no Firmata may throw in it, or make a message without end. */
  #take(bytes: Uint8Array): void {
    const io = this.#io;
    try {
      this.#transport?.emit("data", bytes);
    } catch {
      this.restart("what came is no Firmata");
      return;
    }
    if (io !== null && io.buffer.length > messageMax) {
      this.restart("a message without end came");
    }
  }

  #lost(state: Fault): void {
    this.#forget();
    this.#tell(state);
  }

  #tell(state: Fault | null): void {
    const trouble = state === null ? null : state.detail;
    if (state === null || trouble !== this.#trouble) {
      this.#options.onState(state);
    }
    this.#trouble = trouble;
  }

  #forget(): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#io?.reportVersionTimeoutId);
    this.#io = null;
    this.#board = null;
    this.#transport = null;
  }
}

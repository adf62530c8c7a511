import { VirtualTime } from "../../boards/platforms/timers.ts";
import { ConsoleLine, type Wire } from "../../scripts/flash/console-line.ts";
import { Repl } from "../../scripts/flash/repl.ts";
import type { BoardFlash } from "./board-flash.ts";
import { ReplBoard, type ReplBoardOptions } from "./repl-board.ts";

/** A board in the same process, in a time of its own: what it will never say costs no waiting. */
export class NearBoard {
  readonly time = new VirtualTime();
  readonly board: ReplBoard;

  constructor(options: ReplBoardOptions & { readonly flash: BoardFlash }) {
    this.board = new ReplBoard({ ...options, timers: this.time });
    this.board.start();
  }

  /** Who talks to it. */
  repl(password: string | null = null): Repl {
    const wire: Wire = {
      write: (text) => void this.time.after(1, () => this.board.receive(text)),
      onText: (take) => this.board.attach((text) => void this.time.after(1, () => take(text))),
      reopen: async () => {},
      close: async () => {},
    };
    return new Repl(new ConsoleLine(wire, this.time), password);
  }

  /** Lets time pass until something that waits for the board is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const settle = () => {
      done = true;
    };
    work.then(settle, settle);
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!done) {
        this.time.step(Number.MAX_SAFE_INTEGER);
      }
    }
    return work;
  }
}

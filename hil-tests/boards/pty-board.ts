import { PtyPair } from "./pty-pair.ts";
import { ReplBoard, type ReplBoardOptions } from "./repl-board.ts";

/** A board at one end of a pair of pseudo-terminals, as a cable would have it; `port` is the other end. */
export class PtyBoard {
  readonly board: ReplBoard;
  readonly #pair: PtyPair;

  constructor(folder: string, options: ReplBoardOptions) {
    this.#pair = new PtyPair(folder);
    this.board = new ReplBoard(options);
  }

  get port(): string {
    return this.#pair.port;
  }

  /** Plugs it in: the port appears, and the board starts. */
  async plugIn(): Promise<void> {
    await this.#pair.open((bytes) => this.board.receive(bytes.toString("latin1")));
    this.board.attach((text) => this.#pair.write(Buffer.from(text, "latin1")));
    this.board.start();
  }

  async unplug(): Promise<void> {
    this.board.stop();
    this.board.attach(() => {});
    await this.#pair.close();
  }
}

import type { Writable } from "node:stream";
import { type Language, say } from "../../gateway/words/words.ts";

const width = 20;
/** Without a terminal a line is written at each of these, %. */
const stepWithoutTerminal = 25;

/** How far an upload is: a bar on a terminal, a few plain lines elsewhere. */
export class Progress {
  readonly #out: Writable;
  readonly #lang: Language;
  readonly #now: () => number;
  readonly #terminal: boolean;
  #start = 0;
  #first = 0;
  #told = 0;
  #shown = false;

  constructor(out: Writable, lang: Language, now: () => number = () => performance.now()) {
    this.#out = out;
    this.#lang = lang;
    this.#now = now;
    this.#terminal = "isTTY" in out && out.isTTY === true;
  }

  show(done: number, of: number): void {
    if (this.#start === 0) {
      this.#start = this.#now();
      this.#first = done;
    }
    const percent = Math.floor((100 * done) / of);
    if (this.#terminal) {
      const bar = "▇".repeat(Math.round((width * done) / of)).padEnd(width, "▁");
      this.#out.write(
        `\r\u001b[K  ${say(this.#lang, "flash.writing")} ${bar} ${percent} %${this.#left(done, of)}`,
      );
      this.#shown = true;
    } else if (percent >= this.#told + stepWithoutTerminal) {
      this.#told = percent - (percent % stepWithoutTerminal);
      this.#out.write(`  ${say(this.#lang, "flash.writing")} ${percent} %${this.#left(done, of)}\n`);
    }
  }

  /** Leaves the line of the bar. */
  end(): void {
    if (this.#shown) {
      this.#out.write("\n");
      this.#shown = false;
    }
  }

  /** From the pace so far; nothing before there is one, and nothing at the end. */
  #left(done: number, of: number): string {
    const took = this.#now() - this.#start;
    const written = done - this.#first;
    if (written <= 0 || done >= of) {
      return "";
    }
    const seconds = Math.ceil(((took / written) * (of - done)) / 1000);
    return `   ${say(this.#lang, "flash.left", { seconds })}`;
  }
}

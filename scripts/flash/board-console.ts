import { crc32 } from "../../protocols/crc.ts";
import { boardSide, literal } from "./board-side.ts";
import { NoAnswer, type Repl } from "./repl.ts";

/** What became of a piece that was to be written. */
export type Written = "there" | "damaged" | "other-bytes" | "refused";
const writtenBy: readonly Written[] = ["there", "damaged", "other-bytes", "refused"];

/** What one flash write is asked to do. */
export interface Piece {
  readonly file: string;
  readonly offset: number;
  /** Bytes as characters. */
  readonly text: string;
  /** Of the whole file, where this piece makes it. */
  readonly size: number;
}

export interface Room {
  /** Bytes of the largest file that can be written without tidying up. */
  readonly free: number;
  /** Bytes of erased files, which tidying up would give back. */
  readonly trash: number;
}

const resetTriesMax = 12;

/** A board's flash as its console shows it. Every answer is checked for its form. */
export class BoardConsole {
  readonly #repl: Repl;

  constructor(repl: Repl) {
    this.#repl = repl;
  }

  /** Stops what runs and puts in what this needs. The program does not run again before the board starts anew. */
  async prepare(): Promise<void> {
    // reset() acts once the line is done: a name that is gone tells that it has.
    await this.#repl.ask("global.dhold=1");
    this.#repl.say("reset()");
    for (let tries = 0; (await this.#repl.ask("typeof dhold")) !== "undefined"; tries++) {
      if (tries === resetTriesMax) {
        throw new NoAnswer();
      }
      await this.#repl.pause(tries);
    }
    await this.#typeIn("dhp", boardSide);
    await this.#repl.ask("eval(dhp)||(dhp=0)");
  }

  async write({ file, offset, text, size }: Piece): Promise<Written> {
    const crc = crcOf(text);
    const answer = await this.#repl.ask(`dh.w(${literal(file)},${offset},${literal(text)},${crc},${size})`);
    return writtenBy[Number(answer)] ?? "damaged";
  }

  async length(file: string): Promise<number> {
    return numberOf(await this.#repl.ask(`dh.n(${literal(file)})`));
  }

  /** Bytes of a file, as characters. */
  async read(file: string, offset: number, length: number): Promise<string> {
    const bytes = numbersOf(await this.#repl.ask(`dh.b(${literal(file)},${offset},${length})`));
    return String.fromCharCode(...bytes);
  }

  /** CRC-32 of each piece of so many bytes, up to `end`. */
  async sums(file: string, piece: number, end: number): Promise<readonly number[]> {
    return numbersOf(await this.#repl.ask(`dh.m(${literal(file)},${piece},${end})`));
  }

  /** Hash of a file's first bytes: SHA-256 in hexadecimal, or a CRC-32. */
  async hash(file: string, end: number): Promise<string | number> {
    const answer = await this.#repl.ask(`dh.h(${literal(file)},${end})`);
    return typeof answer === "number"
      ? answer
      : numbersOf(answer)
          .map((byte) => byte.toString(16).padStart(2, "0"))
          .join("");
  }

  async erase(file: string): Promise<void> {
    await this.#repl.ask(`dh.s.erase(${literal(file)})||0`);
  }

  async room(): Promise<Room> {
    const [free = 0, trash = 0] = numbersOf(
      await this.#repl.ask("[dh.s.getFree(),dh.s.getStats?dh.s.getStats().trashBytes:0]"),
    );
    return { free, trash };
  }

  /** Gives the space of erased files back. A power cut meanwhile can lose files. */
  async tidyUp(): Promise<void> {
    await this.#repl.ask("(dh.k(),dh.s.compact()||0)");
  }

  restart(): void {
    this.#repl.say("E.reboot?E.reboot():load()");
  }

  /** A text into a variable, piece by piece, until it is there as it should be. */
  async #typeIn(name: string, text: string): Promise<void> {
    const step = Math.floor(this.#repl.lengthMax / 2);
    await this.#repl.ask(`${name}=""`);
    for (let at = 0; at < text.length; at += step) {
      const part = `${name}.substr(0,${at})+${literal(text.slice(at, at + step))}`;
      await this.#repl.ask(`(${name}=${part}).length`);
    }
    if ((await this.#repl.ask(name)) !== text) {
      throw new NoAnswer();
    }
  }
}

export function crcOf(text: string): number {
  return crc32(Buffer.from(text, "latin1"), 0, text.length);
}

function numberOf(answer: unknown): number {
  if (typeof answer !== "number" || !Number.isSafeInteger(answer)) {
    throw new NoAnswer();
  }
  return answer;
}

function numbersOf(answer: unknown): number[] {
  if (!Array.isArray(answer)) {
    throw new NoAnswer();
  }
  return answer.map(numberOf);
}

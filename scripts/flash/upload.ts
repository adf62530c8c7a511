import { createHash } from "node:crypto";
import { setUpFile } from "../../boards/platforms/espruino-setup.ts";
import {
  readTrailer,
  type Slot,
  sealOf,
  slotNames,
  slotToStart,
  slotToWrite,
  trailerLength,
} from "../../firmware/slot.ts";
import { type ProblemError, problem } from "../../gateway/problem.ts";
import { type BoardConsole, crcOf } from "./board-console.ts";

/** What an upload tells meanwhile. */
export interface UploadEvents {
  /** Bytes of the program that are on the board. */
  progress(done: number, of: number): void;
  /** Bytes of it were there before, from a try that was broken off. */
  resumed(bytes: number): void;
}

export interface Uploaded {
  /** Name of the slot's file. */
  readonly slot: string;
  readonly sequence: number;
  /** Bytes that were on the board already, from an earlier try. */
  readonly resumed: number;
  readonly hash: "SHA-256" | "CRC-32";
  /** Whether another program is there to fall back to. */
  readonly fallBack: boolean;
}

/** A board's program, with what it needs around it. */
export interface Image {
  /** Bytes as characters, a multiple of 4. */
  readonly program: string;
  readonly loader: string;
  /** Names the port in problems. */
  readonly where: string;
  /** Whether the space of erased files may be given back, at the risk told there. */
  readonly tidy: boolean;
  /** Whether other boot code may be taken away. */
  readonly replaceBoot: boolean;
  /** Whether the program has keys that were never used before. */
  readonly freshKeys: boolean;
}

export const loaderFile = ".bootcde";
/** Other files that the interpreter runs at its start. */
const otherBoot = [".bootrst", ".boot0", ".boot1", ".boot2", ".boot3"];

/** Bytes that the flash needs for a file's name. */
const fileHead = 32;
const pieceMax = 400;
const triesMax = 5;

/** A program as it is kept: filled up with blanks, since flash is written in words of 4 bytes. */
export function padded(program: string): string {
  return program.padEnd((program.length + 3) & ~3, " ");
}

/** Brings a program into the slot that does not run, proves that it is there, and makes it the one to start next. */
export async function upload(board: BoardConsole, image: Image, events: UploadEvents): Promise<Uploaded> {
  await checkBoot(board, image);
  const slots = [await slotOf(board, 0), await slotOf(board, 1)] as const;
  await checkEpochs(board, image, slots);
  const there = sameProgram(slots, image.program);
  const target = there ?? slotToWrite(...slots);
  const name = slotNames[target] ?? "";
  const other = slots[1 - target] ?? null;
  const sequence = slots[target] !== null && there !== null ? slots[target].sequence : sequenceAfter(slots);
  let resumed = image.program.length;
  if (there === null) {
    resumed = await fill(board, name, image, events);
  } else {
    await putEpochs(board, image);
  }
  events.progress(image.program.length, image.program.length);
  const hash = await prove(board, name, image);
  if (there === null) {
    await seal(board, name, sequence, image);
  }
  await putLoader(board, image);
  return { slot: name, sequence, resumed, hash, fallBack: other !== null };
}

/** The slot as its trailer has it; null where there is none that holds. */
export async function slotOf(board: BoardConsole, index: number): Promise<Slot | null> {
  const name = slotNames[index] ?? "";
  const length = await board.length(name);
  return length <= trailerLength
    ? null
    : readTrailer(await board.read(name, length - trailerLength, trailerLength), length);
}

/** The slot that starts next, where it has this very program. */
function sameProgram(slots: readonly [Slot | null, Slot | null], program: string): number | null {
  const next = slotToStart(...slots);
  const slot = slots[next] ?? null;
  return slot !== null && slot.length === program.length && slot.crc === crcOf(program) ? next : null;
}

function sequenceAfter(slots: readonly (Slot | null)[]): number {
  return Math.max(0, ...slots.map((slot) => slot?.sequence ?? 0)) + 1;
}

async function checkBoot(board: BoardConsole, image: Image): Promise<void> {
  const found = await board.length(loaderFile);
  const ours = found === 0 || (found === image.loader.length && (await beginsAs(board, image.loader)));
  const foreign = ours ? [] : [loaderFile];
  for (const name of otherBoot) {
    if ((await board.length(name)) > 0) {
      foreign.push(name);
    }
  }
  if (foreign.length > 0 && !image.replaceBoot) {
    throw problem("FLS-068", { files: foreign }, { where: image.where });
  }
  for (const name of foreign) {
    await board.erase(name);
  }
}

/**
 * A board that has sent under its keys, but does not know any more how far its epochs came, must not send under them again: the same
 * numbers would come twice.
 */
async function checkEpochs(
  board: BoardConsole,
  image: Image,
  slots: readonly (Slot | null)[],
): Promise<void> {
  const used = slots.some((slot) => slot !== null);
  if (used && !image.freshKeys && (await board.length(setUpFile.file)) === 0) {
    throw problem("FLS-079", {}, { where: image.where });
  }
}

/** The file of epochs, before anything else: one that is in use already stays as it is. */
async function putEpochs(board: BoardConsole, image: Image): Promise<void> {
  await writePiece(board, { ...setUpFile, offset: 0 }, image);
}

/** Whether the loader is there, or as much of it as a power cut left. */
async function beginsAs(board: BoardConsole, loader: string): Promise<boolean> {
  let at = 0;
  for (const [index, sum] of (await board.sums(loaderFile, pieceMax, loader.length)).entries()) {
    const piece = loader.slice(index * pieceMax, (index + 1) * pieceMax);
    if (sum !== crcOf(piece)) {
      const found = await board.read(loaderFile, at, piece.length);
      const rest = found.replace(/\xff+$/, "");
      return piece.startsWith(rest);
    }
    at += piece.length;
  }
  return true;
}

/** Writes the program's pieces that are not there yet; gives the bytes that were. */
async function fill(board: BoardConsole, name: string, image: Image, events: UploadEvents): Promise<number> {
  for (let tries = 0; tries < 3; tries++) {
    const done = await resumable(board, name, image);
    if (done === 0) {
      await makeRoom(board, name, image);
      await putEpochs(board, image);
    } else {
      events.resumed(done);
    }
    if (await writePieces(board, name, image, { from: done, events })) {
      return done;
    }
    await board.erase(name);
  }
  throw problem("FLS-074", { file: name }, { where: image.where });
}

/** Bytes of this very program that an earlier try has left; 0 where the file has to be made anew. */
async function resumable(board: BoardConsole, name: string, image: Image): Promise<number> {
  const size = image.program.length + trailerLength;
  if ((await board.length(name)) !== size) {
    return 0;
  }
  const trailer = await board.read(name, image.program.length, trailerLength);
  const sums = await board.sums(name, pieceMax, image.program.length);
  const wanted = pieces(image.program);
  const wrong = sums.findIndex((sum, i) => sum !== crcOf(wanted[i]?.text ?? ""));
  return /^\xff*$/.test(trailer) ? (wrong < 0 ? image.program.length : wrong * pieceMax) : 0;
}

/** Takes the old content of the slot away and sees whether the new one fits. */
async function makeRoom(board: BoardConsole, name: string, image: Image): Promise<void> {
  const loader = (await board.length(loaderFile)) > 0 ? 0 : image.loader.length + fileHead;
  const epochs = (await board.length(setUpFile.file)) > 0 ? 0 : setUpFile.size + fileHead;
  const needed = image.program.length + trailerLength + fileHead + loader + epochs;
  const old = await board.length(name);
  const { free, trash } = await board.room();
  if (free < needed && free + trash + old < needed) {
    throw problem("FLS-070", { needed, free: free + trash + old }, { where: image.where });
  }
  if (free < needed && !image.tidy) {
    throw problem("FLS-071", { needed, free }, { where: image.where });
  }
  if (old > 0) {
    await board.erase(name);
  }
  if (free < needed) {
    await board.tidyUp();
  }
}

/** False where other bytes stand in the way, so that the file has to be made anew. */
async function writePieces(
  board: BoardConsole,
  name: string,
  image: Image,
  go: { readonly from: number; readonly events: UploadEvents },
): Promise<boolean> {
  const size = image.program.length + trailerLength;
  for (const { offset, text } of pieces(image.program)) {
    if (offset >= go.from && !(await writePiece(board, { file: name, offset, text, size }, image))) {
      return false;
    }
    go.events.progress(offset + text.length, image.program.length);
  }
  return true;
}

async function writePiece(
  board: BoardConsole,
  piece: { readonly file: string; readonly offset: number; readonly text: string; readonly size: number },
  image: Image,
): Promise<boolean> {
  for (let tries = 0; tries < triesMax; tries++) {
    const written = await board.write(piece);
    if (written === "there" || written === "other-bytes") {
      return written === "there";
    }
    if (written === "refused") {
      throw problem("FLS-074", { file: piece.file }, { where: image.where });
    }
  }
  throw damagedLine(image);
}

/** Compares the hash of what lies in flash with that of what was sent. */
async function prove(board: BoardConsole, name: string, image: Image): Promise<"SHA-256" | "CRC-32"> {
  const { program, where } = image;
  const found = await board.hash(name, program.length);
  const wanted =
    typeof found === "number" ? crcOf(program) : createHash("sha256").update(program, "latin1").digest("hex");
  if (found !== wanted) {
    await board.erase(name);
    throw problem("FLS-074", { file: name }, { where });
  }
  return typeof found === "number" ? "CRC-32" : "SHA-256";
}

async function seal(board: BoardConsole, name: string, sequence: number, image: Image): Promise<void> {
  const offset = image.program.length;
  const text = sealOf(sequence, crcOf(image.program), offset);
  const size = offset + trailerLength;
  if (!(await writePiece(board, { file: name, offset, text, size }, image))) {
    throw problem("FLS-074", { file: name }, { where: image.where });
  }
}

/** Once, and last: before it is there whole, the board starts nothing of ours. */
async function putLoader(board: BoardConsole, image: Image): Promise<void> {
  for (const { offset, text } of pieces(image.loader)) {
    const piece = { file: loaderFile, offset, text, size: image.loader.length };
    if (!(await writePiece(board, piece, image))) {
      throw problem("FLS-074", { file: loaderFile }, { where: image.where });
    }
  }
}

function pieces(text: string): { readonly offset: number; readonly text: string }[] {
  const list = [];
  for (let offset = 0; offset < text.length; offset += pieceMax) {
    list.push({ offset, text: text.slice(offset, offset + pieceMax) });
  }
  return list;
}

function damagedLine(image: Image): ProblemError {
  return problem("FLS-069", { port: image.where }, { where: image.where });
}

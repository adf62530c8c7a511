import { fromUtf8, utf8 } from "../../protocols/bytes.ts";
import { crc32c } from "../../protocols/crc.ts";
import { type Fault, fault, isFault } from "../../protocols/fault.ts";
import { get32, put32 } from "./block.ts";
import { type FilePort, readPatiently, type SpoolFile } from "./file-port.ts";
import { get64, put64 } from "./segment-header.ts";

/**
 * Where the cursors were: two slots of 8 KiB, written in turn, so that a torn write leaves the older one. Losing both costs
 * duplicates, never entries. Each slot, big-endian:
 *
 *   0  8  magic "DHcursr1"
 *   8  8  generation: the higher one counts
 *  16  8  head of the spool when it was written
 *  24  4  count of cursors
 *  28  4  length of the cursors, bytes
 *  32  4  CRC-32C of bytes 0 to 31 and of the cursors
 *  36     cursors: position (8), drops (8), length of the name (1), name in UTF-8
 */
export interface CursorState {
  readonly name: string;
  readonly position: number;
  readonly drops: number;
}

export interface Checkpoint {
  readonly head: number;
  readonly cursors: readonly CursorState[];
}

export const cursorsMax = 48;
/** UTF-8 bytes of a cursor's name. */
export const cursorNameMax = 70;

/** Room for all cursors with the longest names; what is written is as long as it needs to be. */
const slotBytes = 8192;
const slotHeaderLength = 36;
const magic = [0x44486375, 0x72737231];

export class CursorFile {
  readonly #port: FilePort;
  readonly #folder: string;
  readonly #path: string;
  #generation = 0;
  #file: SpoolFile | null = null;

  constructor(port: FilePort, folder: string) {
    this.#port = port;
    this.#folder = folder;
    this.#path = `${folder}/cursors`;
  }

  /** The newest checkpoint that holds; null where there is none; "damaged" where there was one. */
  load(): Checkpoint | null | "damaged" {
    const file = this.#port.open(this.#path, false);
    if (isFault(file)) {
      return null;
    }
    const bytes = new Uint8Array(2 * slotBytes);
    const got = readPatiently(file, bytes, 0);
    file.close();
    if (isFault(got)) {
      return "damaged";
    }
    const slots = [readSlot(bytes.subarray(0, slotBytes)), readSlot(bytes.subarray(slotBytes))];
    const newest = slots.reduce((a, b) =>
      b !== null && (a === null || b.generation > a.generation) ? b : a,
    );
    if (newest === null) {
      return bytes.every((byte) => byte === 0) ? null : "damaged";
    }
    this.#generation = newest.generation;
    return newest;
  }

  /** Makes a checkpoint durable. After a failure the next one goes to a new file: what the old pages hold is not known then. */
  async save(checkpoint: Checkpoint): Promise<Fault | null> {
    this.#generation++;
    const slot = writeSlot(checkpoint, this.#generation);
    const failure = this.#file === null ? await this.#begin(slot) : await this.#replace(this.#file, slot);
    if (failure !== null) {
      this.close();
    }
    return failure;
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  async #replace(file: SpoolFile, slot: Uint8Array): Promise<Fault | null> {
    return (await file.write(slot, (this.#generation % 2) * slotBytes)) ?? (await file.datasync());
  }

  /** A new file beside the old one, put in its place when it is durable. */
  async #begin(slot: Uint8Array): Promise<Fault | null> {
    const fresh = `${this.#path}.new`;
    await this.#port.remove(fresh);
    const file = this.#port.open(fresh, true);
    if (isFault(file)) {
      return file;
    }
    const both = new Uint8Array(2 * slotBytes);
    both.set(slot, (this.#generation % 2) * slotBytes);
    const failure =
      (await file.write(both, 0)) ??
      (await file.datasync()) ??
      (await this.#port.rename(fresh, this.#path)) ??
      (await this.#port.syncFolder(this.#folder));
    if (failure !== null) {
      file.close();
      return failure;
    }
    this.#file = file;
    return null;
  }
}

function writeSlot({ head, cursors }: Checkpoint, generation: number): Uint8Array {
  const slot = new Uint8Array(slotBytes);
  put32(slot, 0, magic[0]);
  put32(slot, 4, magic[1]);
  put64(slot, 8, generation);
  put64(slot, 16, head);
  put32(slot, 24, cursors.length);
  let at = slotHeaderLength;
  for (const { name, position, drops } of cursors) {
    const bytes = utf8(name);
    put64(slot, at, position);
    put64(slot, at + 8, drops);
    slot[at + 16] = bytes.length;
    slot.set(bytes, at + 17);
    at += 17 + bytes.length;
  }
  put32(slot, 28, at - slotHeaderLength);
  put32(slot, 32, checksumOf(slot, at));
  return slot.subarray(0, at);
}

function checksumOf(slot: Uint8Array, end: number): number {
  return crc32c(slot, slotHeaderLength, end, crc32c(slot, 0, 32, 0));
}

function readSlot(slot: Uint8Array): (Checkpoint & { readonly generation: number }) | null {
  const end = slotHeaderLength + get32(slot, 28);
  const ours = get32(slot, 0) === magic[0] && get32(slot, 4) === magic[1] && end <= slot.length;
  if (!ours || get32(slot, 32) !== checksumOf(slot, end)) {
    return null;
  }
  const count = get32(slot, 24);
  const cursors: CursorState[] = [];
  let at = slotHeaderLength;
  for (let i = 0; i < Math.min(count, cursorsMax); i++) {
    const name = fromUtf8(slot.subarray(at + 17, at + 17 + slot[at + 16]));
    if (name === null) {
      return null;
    }
    cursors.push({ name, position: get64(slot, at), drops: get64(slot, at + 8) });
    at += 17 + slot[at + 16];
  }
  return { generation: get64(slot, 8), head: get64(slot, 16), cursors };
}

/** Null when this can be the name of a cursor. */
export function checkCursorName(name: string): Fault | null {
  const length = utf8(name).length;
  return length > 0 && length <= cursorNameMax
    ? null
    : fault("limit", `a cursor's name has 1 to ${cursorNameMax} bytes, this one ${length}`);
}

import type { FlashPages } from "../platform.ts";
import { PowerCut } from "./simulated-storage.ts";

/**
 * Pages of flash in memory that survive their device. Bits go from 1 to 0 alone, a unit is written once between two erasures and then with zeros alone, or it throws;
 * the power can be cut within any write or erasure, which then has done a part of its work.
 */
export class SimulatedPages implements FlashPages {
  readonly pageBytes: number;
  readonly pages: number;
  readonly content: Uint8Array;
  /** Of each page. */
  readonly erasures: number[];
  /** Pages that take no byte any more. */
  readonly worn = new Set<number>();
  /** Writes and erasures so far. */
  steps = 0;
  readonly #written: Uint8Array;
  readonly #dice: () => number;
  #cutAt = Number.POSITIVE_INFINITY;

  constructor(order: { readonly pageBytes: number; readonly pages: number; readonly dice: () => number }) {
    this.pageBytes = order.pageBytes;
    this.pages = order.pages;
    this.#dice = order.dice;
    this.content = new Uint8Array(order.pageBytes * order.pages).fill(255);
    this.#written = new Uint8Array(this.content.length / unit);
    this.erasures = Array.from({ length: order.pages }, () => 0);
  }

  /** Cuts the power within the `count`-th write or erasure from now on (1: the next one). */
  cutAtStep(count: number): void {
    this.#cutAt = this.steps + count;
  }

  read(at: number, length: number): string {
    return String.fromCharCode(...this.content.subarray(at, at + length));
  }

  write(at: number, bytes: string): void {
    if (at % unit !== 0 || bytes.length % unit !== 0 || at + bytes.length > this.content.length) {
      throw new Error(`${bytes.length} bytes at ${at}`);
    }
    const cut = this.#cuts();
    const arrived = cut ? Math.floor(this.#dice() * (bytes.length + 1)) : bytes.length;
    for (let i = 0; i < arrived; i++) {
      if (i % unit === 0) {
        const n = (at + i) / unit;
        if (this.#written[n] !== 0 && /[^\0]/.test(bytes.slice(i, i + unit))) {
          throw new Error(`the unit at ${at + i} is written for a second time`);
        }
        this.#written[n] = 1;
      }
      if (!this.worn.has(Math.floor((at + i) / this.pageBytes))) {
        this.content[at + i] &= bytes.charCodeAt(i);
      }
    }
    if (cut) {
      throw new PowerCut("within a write");
    }
  }

  erase(page: number): void {
    const cut = this.#cuts();
    const from = page * this.pageBytes;
    const share = cut ? this.#dice() : 1;
    this.erasures[page]++;
    for (let at = from; at < from + this.pageBytes; at += unit) {
      // An erasure that broke off has brought bits back to 1 in some units, and left others as they were.
      if (share === 1 || this.#dice() < share) {
        this.content.fill(255, at, at + unit);
      }
    }
    if (cut) {
      throw new PowerCut("within an erasure");
    }
    this.#written.fill(0, from / unit, (from + this.pageBytes) / unit);
  }

  crc(bytes: string): number {
    return crc32(bytes);
  }

  #cuts(): boolean {
    this.steps++;
    return this.steps === this.#cutAt;
  }
}

const unit = 8;

/** CRC-32 (IEEE 802.3) of a byte text, bit by bit. */
export function crc32(bytes: string): number {
  let crc = 0xffffffff;
  for (const character of bytes) {
    crc ^= character.charCodeAt(0);
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc >>> 1) ^ ((crc & 1) * 0xedb88320);
    }
  }
  return ~crc >>> 0;
}

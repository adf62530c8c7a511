/**
 * The pack shapes this gateway knows, by id. An id is a hash of the shape, so what one device announced is true for all. Packs
 * whose shape is not known yet are parked: durable and acknowledged, sent on when the shape comes.
 */
import { type CborValue, decodeCbor } from "../protocols/cbor.ts";
import type { Crypto } from "../protocols/crypto.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import { decodeShape, encodeShape, type Shape, shapeId } from "../protocols/shape.ts";
import type { Parked } from "./entry.ts";

/** Packs parked at once, over all shapes. Beyond it a pack of unknown shape is stored as unusable. */
export const parkedMax = 1000;
/** Shapes known at once; a city has a few per kind of sensor and one per meter model. */
const shapesMax = 10_000;

export class Shapes {
  readonly #crypto: Crypto;
  readonly #known = new Map<string, Shape>();
  readonly #parked = new Map<string, Parked>();
  /** Those of the parked packs that are being written again. They stay parked until that is on disk. */
  readonly #releasing = new Set<string>();
  /** Whether a shape came, or a pack was parked, since somebody asked for packs that can go on. */
  #changed = false;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  get(id: string): Shape | null {
    return this.#known.get(id) ?? null;
  }

  /** Learns a shape; its id, or the Fault that makes it no shape. */
  learn(value: CborValue): string | Fault {
    const shape = decodeShape(value);
    if (isFault(shape)) {
      return shape;
    }
    const id = shapeId(this.#crypto, shape);
    if (this.#known.size < shapesMax) {
      this.#known.set(id, shape);
      this.#changed = true;
    }
    return id;
  }

  /** Learns a shape from its stored CBOR. */
  learnEncoded(bytes: Uint8Array): void {
    const value = decodeCbor(bytes);
    if (!isFault(value)) {
      this.learn(value);
    }
  }

  /** CBOR of every shape known, for a snapshot. */
  encoded(): readonly Uint8Array[] {
    return [...this.#known.values()].map(encodeShape);
  }

  /** Remembers where a pack of unknown shape lies in the spool. */
  park(parked: Parked): void {
    this.#parked.set(parked.message, parked);
    this.#changed = true;
  }

  /** A pack is on disk again with its shape known, or given up: it is parked no longer. False when it was not. */
  forget(message: string): boolean {
    this.#releasing.delete(message);
    return this.#parked.delete(message);
  }

  /** A pack could not be written again now. */
  keepParked(message: string): void {
    this.#releasing.delete(message);
    this.#changed = true;
  }

  parked(): readonly Parked[] {
    return [...this.#parked.values()];
  }

  /** Packs whose shape has become known, each told once: until `forget` or `keepParked` they are being written again. */
  takeReleasable(): readonly Parked[] {
    if (!this.#changed) {
      return [];
    }
    this.#changed = false;
    const released = this.parked().filter(
      ({ shape, message }) => this.#known.has(shape) && !this.#releasing.has(message),
    );
    for (const { message } of released) {
      this.#releasing.add(message);
    }
    return released;
  }

  get parkedCount(): number {
    return this.#parked.size;
  }

  get mayPark(): boolean {
    return this.#parked.size < parkedMax;
  }
}

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

  /** A pack was written again with its shape known; its parked copy is done with. Null when it was not parked. */
  forget(message: string): Parked | null {
    const parked = this.#parked.get(message) ?? null;
    this.#parked.delete(message);
    return parked;
  }

  parked(): readonly Parked[] {
    return [...this.#parked.values()];
  }

  /** Packs whose shape has become known; they are no longer parked. */
  takeReleasable(): readonly Parked[] {
    if (!this.#changed) {
      return [];
    }
    this.#changed = false;
    const released = this.parked().filter(({ shape }) => this.#known.has(shape));
    for (const { message } of released) {
      this.#parked.delete(message);
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

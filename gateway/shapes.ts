/**
 * The pack shapes this gateway knows, by id. An id is a hash of the shape, so what one device announced is true for all. Packs
 * whose shape is not known yet are parked: durable and acknowledged, sent on when the shape comes.
 */
import { type CborValue, decodeCbor } from "../protocols/cbor.ts";
import type { Crypto } from "../protocols/crypto.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import { quantityOf } from "../protocols/quantity.ts";
import { decodeShape, encodeShape, type Shape, shapeId } from "../protocols/shape.ts";

/** Packs parked at once, over all shapes. Beyond it a pack of unknown shape is stored as unusable. */
export const parkedMax = 1000;
/** Shapes known at once; a city has a few per kind of sensor and one per meter model. */
const shapesMax = 10_000;

/** A pack that waits for its shape: where it lies in the spool, and which message it is (kid/epoch/PIV). */
export interface Parked {
  readonly offset: number;
  readonly message: string;
}

export class Shapes {
  readonly #crypto: Crypto;
  readonly #known = new Map<string, Shape>();
  readonly #parked = new Map<string, Parked[]>();
  #parkedCount = 0;

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
  park(id: string, parked: Parked): void {
    const packs = this.#parked.get(id);
    if (packs === undefined) {
      this.#parked.set(id, [parked]);
    } else {
      packs.push(parked);
    }
    this.#parkedCount++;
  }

  /** The packs that waited for this shape; they are no longer parked. */
  release(id: string): readonly Parked[] {
    const packs = this.#parked.get(id) ?? [];
    this.#parked.delete(id);
    this.#parkedCount -= packs.length;
    return packs;
  }

  /** A pack was written again with its shape known; its parked copy is done with. */
  forget(message: string): Parked | null {
    for (const [id, packs] of this.#parked) {
      const at = packs.findIndex((parked) => parked.message === message);
      if (at >= 0) {
        const [parked] = packs.splice(at, 1);
        this.#parkedCount--;
        if (packs.length === 0) {
          this.#parked.delete(id);
        }
        return parked;
      }
    }
    return null;
  }

  /** Ids of known shapes for which packs still wait. */
  releasable(): readonly string[] {
    return [...this.#parked.keys()].filter((id) => this.#known.has(id));
  }

  get parkedCount(): number {
    return this.#parkedCount;
  }

  get mayPark(): boolean {
    return this.#parkedCount < parkedMax;
  }
}

/** Whether a shape holds anything personal: such packs must have come encrypted. */
export function isPersonal(shape: Shape): boolean {
  return shape.columns.some(({ quantity }) => quantityOf(quantity)?.personal === true);
}

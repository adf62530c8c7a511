/**
 * The pack shapes this gateway knows, by id. An id is a hash of the shape, so what one device announced is true for all. A shape counts
 * as safe when every ring has it: without it packs that are on disk could not be read any more, so one damaged block, file or folder
 * must not take it. Packs whose shape is not known yet, or not safe, are parked: durable and acknowledged, sent on when it is.
 */
import { type CborValue, decodeCbor } from "../protocols/cbor.ts";
import type { Crypto } from "../protocols/crypto.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { decodeShape, encodeShape, type Shape, shapeId } from "../protocols/shape.ts";
import type { Parked } from "./entry.ts";
import type { RingName } from "./rings.ts";

/** Packs parked at once, over all shapes. */
const parkedMax = 1000;
/** CBOR of all shapes known: every snapshot holds them, in half a segment at most. A city has a few per kind of sensor and one per meter model. */
const shapesBytesMax = 65_536;
/** Of these, what one device may say of itself that nobody has said before, so that none can leave the others without. */
const deviceBytesMax = 8192;

export class Shapes {
  readonly #crypto: Crypto;
  readonly #rings: readonly RingName[];
  readonly #known = new Map<string, KnownShape>();
  #bytes = 0;
  /** Bytes of the shapes that each device was the first to say since the start, by kid. */
  readonly #bytesBy = new Map<number, number>();
  readonly #parked = new Map<string, Parked>();
  /** Those of the parked packs that are being written again. They stay parked until that is on disk. */
  readonly #releasing = new Set<string>();
  /** Whether a shape came, or a pack was parked, since somebody asked for packs that can go on. */
  #changed = false;

  /** `rings` are those that have to hold a shape before it is safe. */
  constructor(crypto: Crypto, rings: readonly RingName[] = []) {
    this.#crypto = crypto;
    this.#rings = rings;
  }

  get(id: string): Shape | null {
    return this.#known.get(id)?.shape ?? null;
  }

  /** Whether packs may rely on a shape: it is known, and on disk in every ring. */
  isSafe(id: string): boolean {
    return this.#known.get(id)?.safe === true;
  }

  get allSafe(): boolean {
    return [...this.#known.values()].every(({ safe }) => safe);
  }

  /** CBOR of the shapes that a ring does not hold. */
  lacking(ring: RingName): readonly Uint8Array[] {
    return [...this.#known.values()].filter(({ rings }) => !rings.has(ring)).map(({ encoded }) => encoded);
  }

  /** Id of the shape that a device says; the Fault for which it is none, or one too many. */
  admit(value: CborValue, kid: number): string | Fault {
    const shape = decodeShape(value);
    if (isFault(shape)) {
      return shape;
    }
    const id = shapeId(this.#crypto, shape);
    const bytes = this.#known.has(id) ? 0 : encodeShape(shape).length;
    if (this.#bytes + bytes > shapesBytesMax) {
      return fault(
        "limit",
        `shape ${id} is one too many: all shapes together may have ${shapesBytesMax} bytes`,
      );
    }
    return bytes > 0 && (this.#bytesBy.get(kid) ?? 0) + bytes > deviceBytesMax
      ? fault("limit", `shape ${id} is one too many: those of one device may have ${deviceBytesMax} bytes`)
      : id;
  }

  /** Learns a shape, which this ring holds, from the device that said it; what is none is passed over. */
  learn(value: CborValue, { ring, kid }: { readonly ring?: RingName; readonly kid?: number } = {}): void {
    const shape = decodeShape(value);
    if (isFault(shape)) {
      return;
    }
    const encoded = encodeShape(shape);
    const id = shapeId(this.#crypto, shape);
    const known = this.#known.get(id) ?? { shape, encoded, rings: new Set(), safe: false };
    if (!this.#known.has(id)) {
      this.#known.set(id, known);
      this.#bytes += encoded.length;
      if (kid !== undefined) {
        this.#bytesBy.set(kid, (this.#bytesBy.get(kid) ?? 0) + encoded.length);
      }
    }
    if (ring !== undefined) {
      known.rings.add(ring);
    }
    known.safe = this.#rings.every((each) => known.rings.has(each));
    this.#changed = true;
  }

  /** Learns a shape from its stored CBOR. */
  learnEncoded(bytes: Uint8Array, source: Parameters<Shapes["learn"]>[1] = {}): void {
    const value = decodeCbor(bytes);
    if (!isFault(value)) {
      this.learn(value, source);
    }
  }

  /** CBOR of every shape known, for a snapshot. */
  encoded(): readonly Uint8Array[] {
    return [...this.#known.values()].map(({ encoded }) => encoded);
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

  /** Packs whose shape has become safe, each told once: until `forget` or `keepParked` they are being written again. */
  takeReleasable(): readonly Parked[] {
    if (!this.#changed) {
      return [];
    }
    this.#changed = false;
    const released = this.parked().filter(
      ({ shape, message }) => this.isSafe(shape) && !this.#releasing.has(message),
    );
    for (const { message } of released) {
      this.#releasing.add(message);
    }
    return released;
  }

  get parkedCount(): number {
    return this.#parked.size;
  }

  /** How many more may be parked; below 0 where there are too many. */
  get parkingRoom(): number {
    return parkedMax - this.#parked.size;
  }
}

interface KnownShape {
  readonly shape: Shape;
  readonly encoded: Uint8Array;
  /** Those that hold it. */
  readonly rings: Set<RingName>;
  /** These are all that have to. */
  safe: boolean;
}

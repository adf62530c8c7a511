/** Sees to it that every ring holds every shape, so that no damage to one of them takes a shape away from packs that lie on disk. */
import { toHex } from "../protocols/bytes.ts";
import { type CborValue, encodeCbor } from "../protocols/cbor.ts";
import { entryKind } from "./entry.ts";
import type { RingName } from "./rings.ts";
import type { Shapes } from "./shapes.ts";
import type { Spool } from "./spool/spool.ts";

export interface ShapeCopiesOptions {
  readonly rings: ReadonlyMap<RingName, Pick<Spool, "append">>;
  readonly shapes: Shapes;
  /** A ring holds a shape that it lacked. */
  readonly copied: () => void;
}

export class ShapeCopies {
  readonly #options: ShapeCopiesOptions;
  /** Copies that wait for the disk, and who waits for them. */
  readonly #underWay = new Map<string, (() => void)[]>();

  constructor(options: ShapeCopiesOptions) {
    this.#options = options;
  }

  /** Writes what a ring lacks: after a start, and again what was refused. To be called now and then. */
  complete(): void {
    for (const ring of this.#options.rings.keys()) {
      for (const encoded of this.#options.shapes.lacking(ring)) {
        this.#write(ring, encoded, () => {});
      }
    }
  }

  /** Puts a device's shape into a ring, ahead of its message, which goes into the other. `then` is called when it is there or cannot be. */
  ahead(ring: RingName, said: { readonly shape: CborValue; readonly kid: number }, then: () => void): void {
    this.#write(ring, encodeCbor(said.shape), then, said.kid);
  }

  #write(ring: RingName, encoded: Uint8Array, then: () => void, kid?: number): void {
    const { rings, shapes, copied } = this.#options;
    const key = `${ring} ${toHex(encoded)}`;
    const waiting = this.#underWay.get(key);
    if (waiting !== undefined) {
      waiting.push(then);
      return;
    }
    this.#underWay.set(key, [then]);
    rings.get(ring)?.append(entryKind.shape, encoded, (failure) => {
      const ended = this.#underWay.get(key) ?? [];
      this.#underWay.delete(key);
      if (failure === null) {
        shapes.learnEncoded(encoded, kid === undefined ? { ring } : { ring, kid });
        copied();
      }
      for (const call of ended) {
        call();
      }
    });
  }
}

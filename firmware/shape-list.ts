import type { Crypto } from "../protocols/crypto.ts";
import { type Shape, shapeId } from "../protocols/shape.ts";

/** A hello can name this many. */
const shapesMax = 32;

/** The shapes of a device's packs since boot, by id; the newest ones where there are too many to name. */
export class ShapeList {
  readonly crypto: Crypto;
  list: { readonly id: string; readonly shape: Shape }[] = [];

  constructor(crypto: Crypto) {
    this.crypto = crypto;
  }

  /** Takes a shape in: its id, and whether it was not in the list. */
  add(shape: Shape): { readonly id: string; readonly isNew: boolean } {
    const id = shapeId(this.crypto, shape);
    const isNew = this.get(id) === null;
    if (isNew) {
      this.list.push({ id: id, shape: shape });
      if (this.list.length > shapesMax) {
        this.list.shift();
      }
    }
    return { id: id, isNew: isNew };
  }

  get(id: string): Shape | null {
    const row = this.list.find((candidate) => candidate.id === id);
    return row === undefined ? null : row.shape;
  }

  ids(): readonly string[] {
    return this.list.map((row) => row.id);
  }
}

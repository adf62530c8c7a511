/**
 * Gateway only: key streams of messages that are about to come. A device numbers its messages one after the other, and a nonce is a secret
 * XOR that number: so sixteen neighbours differ in the last four bits of their nonces alone, and one call of the cipher serves them all.
 */

/** Nonces that differ in these bits alone. */
export const neighbours = 16;
const lowBits = neighbours - 1;
const block = 16; // bytes
const nonceLength = 13;
/** Longer messages gain little, and keep much. */
const blocksMax = 9;
/** So many keys have streams made ahead, whatever the number of devices. */
const placesMax = 64;

/** Makes the streams of a nonce and its neighbours, the lowest one's first, so many blocks of each. */
export type MakeStreams = (nonce: Uint8Array, count: number) => Uint8Array;

/** Last byte of the first of a nonce's neighbours. */
export function lowestNeighbour(nonce: Uint8Array): number {
  return nonce[nonceLength - 1] & ~lowBits;
}

interface Place {
  readonly owner: KeyStreams;
  readonly bytes: Uint8Array;
  /** Blocks of each of the neighbours. */
  readonly count: number;
}

/** What all keys share: a few places in turn, so that memory does not grow with the number of devices. */
export class KeyStreamRoom {
  /** Messages asked for, of all keys. */
  asked = 0;
  readonly #places: Place[] = [];
  #next = 0;

  /** Puts a place where the oldest was. */
  keep(place: Place): void {
    const oldest = this.#places[this.#next];
    oldest?.owner.forget(oldest);
    this.#places[this.#next] = place;
    this.#next = (this.#next + 1) % placesMax;
  }
}

/** The streams of one key. */
export class KeyStreams {
  readonly #room: KeyStreamRoom;
  readonly #make: MakeStreams;
  #place: Place | null = null;
  /** The nonce last asked for whose stream was not there, and how many had been asked for then. */
  readonly #missed = new Uint8Array(nonceLength);
  #missedAt = Number.NEGATIVE_INFINITY;

  constructor(room: KeyStreamRoom, make: MakeStreams) {
    this.#room = room;
    this.#make = make;
  }

  /**
   * Where the stream of this nonce begins in `bytes`, with so many blocks at least; -1 where it was not made ahead. They are made when
   * a second message of the same neighbours comes while the first is fresh: what comes out of turn, or seldom, costs no more than it must.
   */
  find(nonce: Uint8Array, count: number): number {
    this.#room.asked++;
    const place = this.#place;
    if (place !== null && count <= place.count && isNeighbour(nonce, this.#missed)) {
      return (nonce[nonceLength - 1] & lowBits) * place.count * block;
    }
    const isRun = this.#room.asked - this.#missedAt <= placesMax && isNeighbour(nonce, this.#missed);
    this.#missed.set(nonce);
    this.#missedAt = this.#room.asked;
    if (!isRun || count > blocksMax) {
      this.#place = isRun ? place : null;
      return -1;
    }
    this.#place = { owner: this, bytes: this.#make(nonce, count), count };
    this.#room.keep(this.#place);
    return (nonce[nonceLength - 1] & lowBits) * count * block;
  }

  /** Of all neighbours; the caller's to read. */
  get bytes(): Uint8Array {
    return this.#place!.bytes;
  }

  /** The place is another key's from here on. */
  forget(place: Place): void {
    if (this.#place === place) {
      this.#place = null;
    }
  }
}

function isNeighbour(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = nonceLength - 2; i >= 0; i--) {
    if (a[i] !== b[i]) {
      return false;
    }
  }
  return (a[nonceLength - 1] ^ b[nonceLength - 1]) <= lowBits;
}

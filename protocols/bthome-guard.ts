/** What to make of an advert whose tag holds. Only "new" ones are readings. */
export type AdvertVerdict =
  | "new"
  /** The same advert once more: sensors send each several times. */
  | "repeated"
  /** A number of the past. */
  | "replayed"
  /** A number of the past that may be the first of a sensor that began anew; see `restartSteps`. */
  | "on-trial";

/** How long a sensor must have been silent, in ms, before one may pass that began anew. */
export const restartWait = 600000;
/** Adverts with rising counters after which one that began anew is believed. */
export const restartSteps = 4;
/** How far a counter may go from one advert to the next while it is on trial: adverts are missed, but not so many. */
export const stepMax = 64;
/** How near to 2^32 a counter must be, and to 0 the next, to have passed it. */
const wrapWindow = 1024;
const two32 = 4294967296;

/**
 * Keeps one sensor's adverts from being played again. Its counter rises and passes 2^32 as it should; after a change of battery it begins
 * anew, which looks like a replay and is told from it by a silence before and several rising steps. Whoever can silence a sensor that
 * long and has a stretch of its old adverts passes too; a sensor that keeps its counter in flash memory does not have that weakness.
 */
export class AdvertGuard {
  private counter: number | null = null;
  private packet: number | null = null;
  /** When the last new advert came, in ms. */
  private last = 0;
  private trial: number | null = null;
  private steps = 0;

  /** The verdict on an encrypted advert's counter. `now`: ms of a clock that only goes forward. */
  take(counter: number, now: number): AdvertVerdict {
    const known = this.counter;
    if (known === null || counter > known || isWrap(known, counter)) {
      return this.accept(counter, now);
    }
    if (counter === known) {
      return "repeated";
    }
    return this.examine(counter, now);
  }

  /** The verdict on a clear advert's packet id, 0 to 255: the same as before is the same advert. */
  takePacket(id: number): AdvertVerdict {
    const isSame = this.packet === id;
    this.packet = id;
    return isSame ? "repeated" : "new";
  }

  private accept(counter: number, now: number): AdvertVerdict {
    this.counter = counter;
    this.last = now;
    this.trial = null;
    this.steps = 0;
    return "new";
  }

  private examine(counter: number, now: number): AdvertVerdict {
    if (now - this.last < restartWait) {
      return "replayed";
    }
    if (counter === this.trial) {
      return "repeated";
    }
    const follows = this.trial !== null && counter > this.trial && counter - this.trial <= stepMax;
    this.steps = follows ? this.steps + 1 : 1;
    this.trial = counter;
    return this.steps >= restartSteps ? this.accept(counter, now) : "on-trial";
  }
}

function isWrap(known: number, counter: number): boolean {
  return known >= two32 - wrapWindow && counter < wrapWindow;
}

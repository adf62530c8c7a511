/** What a parking bay's distance sensor must show before the bay changes its state. Distances in mm, durations in ms. */
export interface OccupancySettings {
  /** At or below it something stands in the bay. */
  readonly occupiedBelow: number;
  /** At or above it the ground is seen. Between the two the state stays as it is. */
  readonly freeAbove: number;
  /** A new state must hold this long: a passing car is no parked one. */
  readonly dwell: number;
  /** Without a distance for this long the state is unknown. */
  readonly silence: number;
  /** The same distance to the last digit for this long: the sensor is frozen and the state unknown. */
  readonly frozen: number;
}

/** 1 occupied, 0 free, null unknown. */
export type OccupancyState = 0 | 1 | null;

/**
 * Whether a bay is occupied, from its distances. Never guesses: after a start, a silence or a frozen sensor the state is unknown
 * until one has held for the dwell time. The last state is not kept, because a car may have left meanwhile.
 */
export class Occupancy {
  settings: OccupancySettings;
  decided: OccupancyState = null;
  candidate: OccupancyState = null;
  candidateSince = 0;
  lastTime = 0;
  lastDistance = -1;
  sameSince = 0;

  constructor(settings: OccupancySettings) {
    this.settings = settings;
  }

  /** Takes a distance in mm (null: the sensor gave none in range) of time `time`, ms; gives the state as it is then. */
  update(distance: number | null, time: number): OccupancyState {
    if (distance === null) {
      return this.state(time);
    }
    if (this.isSilent(time)) {
      this.forget();
      this.lastDistance = -1; // what stood there before the silence says nothing about frozen
    }
    if (distance !== this.lastDistance) {
      this.sameSince = time;
    }
    this.lastDistance = distance;
    this.lastTime = time;
    if (this.isFrozen(time)) {
      this.forget();
      return null;
    }
    this.weigh(this.side(distance), time);
    return this.decided;
  }

  /** The state at a time between distances. */
  state(time: number): OccupancyState {
    return this.isSilent(time) ? null : this.decided;
  }

  /** Whether the sensor has been repeating itself for too long. */
  isFrozen(time: number): boolean {
    return this.lastDistance >= 0 && time - this.sameSince >= this.settings.frozen;
  }

  isSilent(time: number): boolean {
    return this.lastDistance < 0 || time - this.lastTime > this.settings.silence;
  }

  side(distance: number): OccupancyState {
    if (distance <= this.settings.occupiedBelow) {
      return 1;
    }
    return distance >= this.settings.freeAbove ? 0 : this.decided;
  }

  weigh(side: OccupancyState, time: number): void {
    if (side !== this.candidate) {
      this.candidate = side;
      this.candidateSince = time;
    }
    if (side !== null && time - this.candidateSince >= this.settings.dwell) {
      this.decided = side;
    }
  }

  forget(): void {
    this.decided = null;
    this.candidate = null;
  }
}

import { fault, isFault } from "./fault.ts";
import {
  dataRequest,
  type MbusAddress,
  primaryMost,
  resetRequest,
  type SecondaryAddress,
  selectRequest,
} from "./mbus-address.ts";
import type { Outcome } from "./mbus-exchange.ts";
import { type Job, type MbusStep, noAnswer, type Request, readSender } from "./mbus-session.ts";

/** Asks the primary addresses from `from` to `to`, one after the other. Two meters at one address are a fault with that address. */
export class MbusPrimarySearch implements Job {
  private address: number;
  private readonly to: number;
  private state: "reset" | "data" = "reset";

  constructor(from: number, to: number) {
    this.address = from;
    this.to = to < primaryMost ? to : primaryMost;
  }

  next(outcome: Outcome | null, steps: MbusStep[]): Request | null {
    if (outcome !== null) {
      const address: MbusAddress = { kind: "primary", address: this.address };
      if (this.state === "reset" && outcome.kind !== "silence") {
        this.state = "data";
        return { bytes: dataRequest(address, true), repeats: 1, wants: "answer" };
      }
      if (this.state === "data") {
        report(outcome, address, steps);
      }
      this.state = "reset";
      this.address++;
    }
    return this.address > this.to
      ? null
      : {
          bytes: resetRequest({ kind: "primary", address: this.address }),
          repeats: 1,
          wants: "anything",
        };
  }
}

/** Selections of one search: enough for 250 meters whose ids differ in their last digits only, and an end for a line of mere noise. */
export const probesMax = 20000;

/**
 * Searches secondary addresses by wildcards (EN 13757-3 §11.5): digit by digit from the first one, deeper where several meters answer at
 * once. Meters that share a whole id are told apart by maker, version and type only by whoever knows them: a fault names their id.
 */
export class MbusSecondarySearch implements Job {
  private readonly pattern: SecondaryAddress;
  private readonly thorough: boolean;
  /** The digits chosen so far at the pattern's wildcards, the last of them being tried. */
  private digits: number[] = [];
  private readonly places: readonly number[];
  private probes = 0;
  private state: "reset" | "select" | "data" = "reset";

  /**
   * `pattern` narrows the search: its digits are kept, its wildcards are searched. `thorough`: tries all digits wherever anybody answers,
   * because a strong meter can drown a weak one; 80 selections for each meter in place of some ten.
   */
  constructor(pattern: SecondaryAddress, options: { readonly thorough: boolean }) {
    this.pattern = pattern;
    this.thorough = options.thorough;
    const places: number[] = [];
    for (let i = 0; i < pattern.id.length; i++) {
      if (pattern.id.charAt(i) === "f") {
        places.push(i);
      }
    }
    this.places = places;
  }

  next(outcome: Outcome | null, steps: MbusStep[]): Request | null {
    if (outcome === null) {
      return { bytes: resetRequest(this.pattern), repeats: 0, wants: "anything" };
    }
    if (this.state === "reset") {
      return this.select(steps);
    }
    if (this.state === "select") {
      if (outcome.kind === "silence") {
        return this.advance() ? this.select(steps) : null;
      }
      if ((outcome.kind === "garbled" || this.thorough) && this.digits.length < this.places.length) {
        return this.deeper(steps);
      }
      this.state = "data";
      return { bytes: dataRequest(this.pattern, true), repeats: 1, wants: "answer" };
    }
    return this.afterData(outcome, steps);
  }

  /** Several meters answer: the next digit parts them. */
  private deeper(steps: MbusStep[]): Request | null {
    this.digits.push(0);
    return this.select(steps);
  }

  private afterData(outcome: Outcome, steps: MbusStep[]): Request | null {
    if (outcome.kind !== "answer" && this.digits.length < this.places.length) {
      return this.deeper(steps);
    }
    report(outcome, this.current(), steps);
    return this.advance() ? this.select(steps) : null;
  }

  private select(steps: MbusStep[]): Request | null {
    if (this.probes >= probesMax) {
      const detail =
        "the search was given up after " + String(probesMax) + " selections; is the line disturbed?";
      steps.push({ type: "fault", address: this.current(), fault: fault("limit", detail) });
      return null;
    }
    this.probes++;
    this.state = "select";
    return { bytes: selectRequest(this.current()), repeats: 1, wants: "anything" };
  }

  /** To the next digit, or back to the place before it; false when all have been tried. */
  private advance(): boolean {
    while (this.digits.length > 0) {
      const last = this.digits.length - 1;
      if (this.digits[last] < 9) {
        this.digits[last]++;
        return true;
      }
      this.digits.pop();
    }
    return false;
  }

  private current(): SecondaryAddress {
    let id = this.pattern.id;
    for (let i = 0; i < this.digits.length; i++) {
      const place = this.places[i];
      id = id.substr(0, place) + String(this.digits[i]) + id.substr(place + 1);
    }
    return { kind: "secondary", id: id, rest: this.pattern.rest };
  }
}

/**
 * What answered at an address: a meter, or more than one. Silence behind an acknowledgement is a fault too. A meter that encrypts is found
 * all the same, by the address in its header.
 */
function report(outcome: Outcome, address: MbusAddress, steps: MbusStep[]): void {
  const answer = outcome.kind === "answer" ? readSender(outcome.frame, address) : noAnswer(outcome, address);
  if (isFault(answer)) {
    steps.push({ type: "fault", address: address, fault: answer });
    return;
  }
  steps.push({ type: "found", address: withId(address, answer.meter), meter: answer.meter });
}

/** A meter found by a pattern is called by its whole id from then on. */
function withId(address: MbusAddress, meter: string | null): MbusAddress {
  return address.kind === "secondary" && meter !== null
    ? { kind: "secondary", id: meter, rest: address.rest }
    : address;
}

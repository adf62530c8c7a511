import { head, textItem } from "../../protocols/cbor-small.ts";
import { headerText } from "../../protocols/envelope-header.ts";
import type { DriverValues } from "../driver.ts";
import type { EpochStart } from "../epoch.ts";
import { droppedKind, leanOutbox, otherKind, packKind, shapeKind, statusKind } from "./lean-outbox.ts";
import { type LeanPack, leanStream } from "./lean-pack.ts";
import { type LeanEnvelope, type LeanKeys, numberOf } from "./lean-session.ts";

/** What the build has worked out for a lean board. */
export interface LeanOrder {
  readonly kid: number;
  readonly pack: LeanPack;
  readonly bytesMax: number;
  readonly framesMax: number;
  readonly statusInterval: number; // ms
  /** Messages, but for their numbers (board-build/words-text.ts). */
  helloOf(start: EpochStart, uptime: number): string;
  statusOf(faults: Readonly<Record<string, number>>, bytes: number, frames: number, uptime: number): string;
  readonly shape: string;
}

export interface LeanPorts {
  readonly envelope: LeanEnvelope;
  /** Of this boot; -1, and nothing is ever asked of the device, where none has begun. */
  readonly epoch: number;
  elapsed(): number;
  /** From 0 to 1. */
  dice(): number;
  carry(frame: string): void;
  /** There is something for a tick after so many ms. */
  wake(delay: number): void;
  /** A message was acknowledged: the loader may keep this program. */
  settled(): void;
  restart(): void;
}

export interface LeanDevice {
  begin(start: EpochStart): void;
  tell(code: string): void;
  row(values: DriverValues | null): void;
  receive(frame: string): void;
  tick(): number;
}

const alg = 0; // COSE_Encrypt0
const tagLength = 8;
/** As uplink.ts, speaker.ts and downlink.ts have them. */
const messagesMax = 1048576;
const rangesMax = 64;
const statusLeast = 60000;
const helloFresh = 5000;
const forgedPause = 1000;
const droppedReason = "full";

/**
 * A device of one sensor in the fewest words: hello, packs, status, its shape where that is asked for, what was dropped; acknowledgements
 * and refusals. It follows no other command, knows no time of day (the gateway makes times of its uptime), and begins a new key by
 * starting anew.
 */
export function leanDevice(order: LeanOrder, ports: LeanPorts): LeanDevice {
  const envelope = ports.envelope;
  const epoch = ports.epoch;
  const up = envelope.keysOf(epoch, "up");
  /** Counts by code. */
  const faults: Record<string, number> = {};
  let total = 0;
  let nextPiv = 0;
  /** What was given up and not yet announced: the ends of ascending ranges. */
  let given: number[] = [];
  let heard = false;
  let statusAt = 0;
  let statusTotal = 0;
  let statusWanted = false;
  let down: LeanKeys = { epoch: -1, key: up.key, iv: "" }; // of no gateway
  let highest = -1;
  let forgedAt = -forgedPause;

  function tell(code: string): void {
    total++;
    faults[code] = (faults[code] || 0) + 1;
  }

  const outbox = leanOutbox(order, ports.dice, ports.carry, (piv) => {
    const last = given.length - 1;
    tell("full");
    if (given[last] === piv - 1) {
      given[last] = piv;
    } else {
      given.push(piv, piv);
    }
  });

  function say(kind: number, message: string): void {
    const piv = nextPiv++;
    outbox.add(
      kind,
      piv,
      headerText({ alg: alg, kid: order.kid, epoch: epoch }, piv) + envelope.closed(up, piv, message),
    );
  }

  const stream = leanStream(order.pack, (message) => say(packKind, message));

  function uptime(now: number): number {
    return Math.floor(now / 1000);
  }

  /** The Fault's code for which a frame is not followed, or an empty text. */
  function follow(frame: string, now: number): string {
    const first = frame.charCodeAt(0);
    const pivAt = 4 + ((first >> 3) & 1);
    const end = pivAt + 1 + ((first >> 1) & 3);
    const sent = numberOf(frame.substr(3, pivAt - 3));
    const piv = numberOf(frame.substr(pivAt, end - pivAt));
    if (
      frame.substr(0, end) !== headerText({ alg: alg, kid: order.kid, epoch: sent }, piv) ||
      frame.length < end + tagLength
    ) {
      return "header";
    }
    const ahead = sent - down.epoch;
    if (ahead < 0 || (ahead === 0 && piv <= highest)) {
      return "replayed";
    }
    if (ahead > 0 && now - forgedAt < forgedPause) {
      return "budget";
    }
    const keys: LeanKeys = ahead > 0 ? envelope.keysOf(sent, "down") : down;
    const body = envelope.opened(keys, piv, frame.substr(end));
    if (body === null) {
      forgedAt = ahead > 0 ? now : forgedAt;
      return "bad-tag";
    }
    down = keys;
    highest = piv;
    statusWanted = statusWanted || (!heard && now > helloFresh);
    heard = true;
    return obey(body, now);
  }

  function obey(body: string, now: number): string {
    const numbers = numbersOf(body);
    // An acknowledgement in its one encoding, [0, epoch, [from, to, ...]]: nothing else is read of it.
    const ends = numbers.slice(4);
    const ack = "\x83\0" + head(0, numbers[2]) + head(4, ends.length);
    if (body === ack + ends.map((end) => head(0, end)).join("")) {
      if (numbers[2] === epoch && outbox.settle((piv) => isWithin(piv, ends), now)) {
        ports.settled();
      }
      return "";
    }
    if (numbers[0] !== 4) {
      return "syntax";
    }
    if (numbers[2] !== epoch) {
      return "old-epoch";
    }
    if (numbers[1] === 1) {
      outbox.settle((piv) => piv === numbers[3], now);
      return "refused";
    }
    if (body.indexOf("send-shape") > 0 && !outbox.holds(shapeKind)) {
      say(shapeKind, order.shape);
      return "";
    }
    return numbers[1] === 2 ? "" : "not-allowed"; // the time, which nobody here needs; a command
  }

  /** Says what is due. */
  function speak(now: number): void {
    const since = now - statusAt;
    const news = since >= statusLeast && total !== statusTotal;
    if ((statusWanted || news || since >= order.statusInterval) && !outbox.holds(statusKind)) {
      statusAt = now;
      statusTotal = total;
      statusWanted = false;
      say(statusKind, order.statusOf(faults, outbox.bytes(), outbox.count(), uptime(now)));
    }
    if (heard && given.length > 0 && !outbox.holds(droppedKind)) {
      const ends = given.slice(0, 2 * rangesMax).map((end) => head(0, end));
      given = given.slice(ends.length);
      say(droppedKind, "\x83\x02" + head(4, ends.length) + ends.join("") + textItem(droppedReason));
    }
  }

  return {
    begin(start) {
      statusAt = ports.elapsed();
      say(otherKind, order.helloOf(start, uptime(statusAt)));
    },
    tell: tell,
    row(values) {
      stream.take(values, ports.elapsed());
      ports.wake(0);
    },
    receive(frame) {
      const refused = follow(frame, ports.elapsed());
      if (refused !== "") {
        tell(refused);
      }
      ports.wake(0);
    },
    tick() {
      const now = ports.elapsed();
      if (nextPiv >= messagesMax && outbox.count() === 0) {
        ports.restart(); // a key has sealed enough
      }
      const next = stream.age(now);
      speak(now);
      return Math.min(next, outbox.resend(now));
    },
  };
}

/** The arguments of all heads in CBOR that holds arrays and unsigned numbers; of anything else some numbers. */
function numbersOf(body: string): number[] {
  const numbers: number[] = [];
  let at = 0;
  while (at < body.length) {
    const info = body.charCodeAt(at++) & 31;
    const length = info < 24 ? 0 : 1 << (info - 24);
    numbers.push(length === 0 ? info : numberOf(body.substr(at, length)));
    at += length;
  }
  return numbers;
}

function isWithin(piv: number, ends: readonly number[]): boolean {
  for (let i = 0; i < ends.length; i += 2) {
    if (ends[i] <= piv && piv <= ends[i + 1]) {
      return true;
    }
  }
  return false;
}

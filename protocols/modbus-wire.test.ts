import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerPdu, exceptionPdu, type ModbusRequest } from "./modbus-pdu.ts";
import { ModbusRtu, rtuStandard } from "./modbus-rtu.ts";
import { rtuFrame } from "./modbus-rtu-frame.ts";
import { tcpFrame } from "./modbus-tcp-frame.ts";
import { RtuOverTcp } from "./modbus-tcp-trial.ts";
import type { ModbusWire, WireStep } from "./modbus-wire.ts";

/** What a disturbed way does to one answer. Times in ms. */
interface Fate {
  readonly delay: number;
  readonly dropped: boolean;
  /** How much later a second copy comes; null for none. */
  readonly copy: number | null;
  readonly torn: boolean;
}

interface Event {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Answers that name the request they are for: its address, and how often it has been asked. */
class Peer {
  readonly events: Event[] = [];
  asked = 0;
  private readonly fates: readonly Fate[];
  private readonly tcp: boolean;

  constructor(fates: readonly Fate[], tcp: boolean) {
    this.fates = fates;
    this.tcp = tcp;
  }

  receive(bytes: Uint8Array, now: number): void {
    const fate = this.fates[this.asked % this.fates.length]!;
    const at = this.tcp ? 6 : 0;
    const [unit, code, high, low, , count] = bytes.subarray(at);
    const registers = new Uint8Array(2 * count!);
    registers.set([high!, low!, this.asked >> 8, this.asked & 255].slice(0, 2 * count!));
    const pdu =
      low! % 7 === 6
        ? exceptionPdu(code!, high! + 1)
        : answerPdu(code === 3 ? "holding" : "input", registers);
    const frame = this.tcp
      ? tcpFrame({ transaction: bytes[0]! * 256 + bytes[1]!, unit: unit!, pdu })
      : rtuFrame(unit!, pdu);
    this.asked++;
    const whole = fate.torn && !this.tcp ? frame.subarray(0, frame.length - 3) : frame;
    if (!fate.dropped) {
      this.say(whole, now + fate.delay);
    }
    if (fate.copy !== null) {
      this.say(whole, now + Math.min(fate.delay + fate.copy, lateMost));
    }
  }

  /** In two pieces. */
  private say(bytes: Uint8Array, at: number): void {
    this.events.push({ at, bytes: bytes.subarray(0, 3) }, { at: at + 0.01, bytes: bytes.subarray(3) });
    this.events.sort((a, b) => a.at - b.at);
  }
}

const lateMost = rtuStandard.lateMax - 20;

const fate = fc.record({
  delay: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 5, max: 300 }) },
    { weight: 2, arbitrary: fc.integer({ min: 300, max: lateMost }) },
  ),
  dropped: fc.oneof(
    { weight: 9, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  copy: fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: lateMost }) },
  ),
  torn: fc.oneof({ weight: 19, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

/** Few lengths, units and addresses, so that many requests look alike. */
const request: fc.Arbitrary<ModbusRequest> = fc.record({
  unit: fc.integer({ min: 1, max: 2 }),
  table: fc.constantFrom("holding" as const, "input" as const),
  address: fc.integer({ min: 0, max: 4000 }),
  count: fc.integer({ min: 2, max: 3 }),
});

/** Asks one after the other in virtual time; gives each request's step. */
function run(wire: ModbusWire, peer: Peer, requests: readonly ModbusRequest[]): Map<ModbusRequest, WireStep> {
  const results = new Map<ModbusRequest, WireStep>();
  let now = 0;
  const act = (steps: readonly WireStep[]): void => {
    for (const step of steps) {
      if (step.type === "send") {
        peer.receive(step.bytes, now);
      } else {
        expect(results.has(step.request)).toBe(false);
        results.set(step.request, step);
      }
    }
  };
  for (const asked of requests) {
    act(wire.ask(asked, now));
    while (!results.has(asked)) {
      const event = peer.events[0];
      if (event !== undefined && event.at <= (wire.deadline ?? Infinity)) {
        peer.events.shift();
        now = Math.max(now, event.at);
        act(wire.push(event.bytes, now));
      } else {
        now = Math.max(now, wire.deadline!);
        act(wire.tick(now));
      }
    }
  }
  return results;
}

/** Whether a step is another request's. */
function isForeign(asked: ModbusRequest, step: WireStep): boolean {
  if (step.type === "answer") {
    return step.registers[0]! * 256 + step.registers[1]! !== asked.address;
  }
  return step.type === "fault" && step.exception !== 0 && step.exception !== (asked.address >> 8) + 1;
}

/** `runs` lines with 20 requests each: how many were answered with what was another's, and how many answered at all. */
function attributions(make: () => ModbusWire, tcp: boolean, runs: number) {
  const seen = { asked: 0, answered: 0, foreign: 0 };
  fc.assert(
    fc.property(
      fc.array(request, { minLength: 20, maxLength: 20 }),
      fc.array(fate, { minLength: 37, maxLength: 37 }),
      (requests, fates) => {
        for (const [asked, step] of run(make(), new Peer(fates, tcp), requests)) {
          seen.asked++;
          seen.answered += step.type === "answer" || (step.type === "fault" && step.exception > 0) ? 1 : 0;
          seen.foreign += isForeign(asked, step) ? 1 : 0;
        }
      },
    ),
    { numRuns: runs, seed: Number(process.env.SEED ?? 5) },
  );
  return seen;
}

describe("an answer that comes late, twice, torn or not at all", () => {
  it("is never given to another request on a serial line", () => {
    const seen = attributions(() => new ModbusRtu(rtuStandard), false, 500);
    expect(seen).toMatchObject({ asked: 10_000, foreign: 0 });
    expect(seen.answered).toBeGreaterThan(9500);
  });

  it("is never given to another request of a connection", () => {
    const seen = attributions(() => new RtuOverTcp(), true, 500);
    expect(seen).toMatchObject({ asked: 10_000, foreign: 0 });
    expect(seen.answered).toBeGreaterThan(9500);
  });
});

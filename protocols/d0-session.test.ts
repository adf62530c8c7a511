import { describe, expect, it } from "vitest";
import { D0Meter, type D0ProfileName } from "../hil-tests/meters/d0-meter.ts";
import { readingLine } from "../hil-tests/meters/decoded.ts";
import { randomBytes } from "../hil-tests/meters/noise.ts";
import { concat } from "./bytes.ts";
import { D0Session, type D0SessionOptions, type D0Step } from "./d0-session.ts";
import { withParity } from "./parity.ts";

interface World {
  /** What the line makes of a meter's answer, by its number. */
  readonly damage?: (bytes: Uint8Array, answer: number) => Uint8Array;
  /** The head sends back what the host says. */
  readonly echo?: boolean;
  /** Speeds in baud at which the line carries nothing. */
  readonly deadRates?: readonly number[];
  /** ms between two bytes; as fast as the baud rate where it is not given. */
  readonly gap?: number;
  readonly options?: Partial<D0SessionOptions>;
  readonly deaf?: boolean;
}

interface Outcome {
  readonly steps: readonly D0Step[];
  readonly rates: readonly number[];
  readonly requests: number;
  /** ms of virtual time. */
  readonly took: number;
}

/** Host, line and meter in virtual time: bytes take their time, and are garbled where the two speeds differ. */
function read(profile: D0ProfileName, world: World = {}): Outcome {
  const meter = new D0Meter({ profile, number: 5, seed: 1 });
  const session = new D0Session({
    address: "",
    baudMax: 19200,
    eightBits: false,
    wake: false,
    ...world.options,
  });
  const steps: D0Step[] = [];
  const rates: number[] = [];
  const events: { at: number; baud: number; byte: number }[] = [];
  let now = 0;
  let baud = 0;
  let freeAt = 0;
  let requests = 0;
  let answers = 0;
  const schedule = (bytes: Uint8Array, from: number, rate: number) => {
    const perByte = world.gap ?? 10_000 / rate;
    let at = Math.max(from, freeAt);
    for (const byte of bytes) {
      at += perByte;
      events.push({ at, baud: rate, byte });
    }
    freeAt = at;
  };
  const act = (given: readonly D0Step[]) => {
    let sentAt = now;
    for (const step of given) {
      steps.push(step);
      if (step.type === "line") {
        baud = step.line.baud;
        rates.push(baud);
      } else if (step.type === "send") {
        requests++;
        sentAt += (step.bytes.length * 10_000) / baud;
        if (world.echo) {
          schedule(step.bytes, now, baud);
        }
        if (!world.deaf) {
          for (const answer of meter.receive(step.bytes)) {
            const number = answers++;
            const bytes = world.damage?.(answer.bytes, number) ?? answer.bytes;
            if (!world.deadRates?.includes(answer.baud)) {
              schedule(bytes, sentAt + answer.pause, answer.baud);
            }
          }
        }
      }
    }
  };
  act(session.start(now));
  for (let turn = 0; turn < 1_000_000 && !steps.some((step) => step.type === "end"); turn++) {
    const event = events[0];
    const deadline = session.deadline ?? Infinity;
    if (event !== undefined && event.at <= deadline) {
      events.shift();
      now = event.at;
      const garbled = (event.byte * 37 + 11) & 0xff;
      act(session.push(Uint8Array.of(event.baud === baud ? event.byte : garbled), now));
    } else {
      expect(deadline).toBeLessThan(Infinity);
      now = deadline;
      act(session.tick(now));
    }
  }
  return { steps, rates, requests, took: now };
}

function telegrams({ steps }: Outcome) {
  return steps.flatMap((step) => (step.type === "telegram" ? [step.telegram.readings.map(readingLine)] : []));
}

function faults({ steps }: Outcome) {
  return steps.flatMap((step) => (step.type === "fault" ? [step.fault.fault] : []));
}

const registers = [
  { obis: "F.F", value: "00", unit: null },
  { obis: "C.1", value: "10000005", unit: null },
  { obis: "1.8.0", value: "2941.6", unit: "kWh" },
  { obis: "2.8.0", value: "0.0", unit: "kWh" },
];

describe("a D0 session", () => {
  it.each([
    ["modeA", [300], 1],
    ["modeB", [300, 2400], 1],
    ["modeC", [300, 9600], 2],
    ["fast", [300, 9600], 2],
  ] as const)("reads a meter of %s at %j baud", (profile, rates, requests) => {
    const outcome = read(profile);
    expect(telegrams(outcome)).toEqual([registers]);
    expect(outcome).toMatchObject({ rates, requests });
    expect(outcome.steps[outcome.steps.length - 1]).toEqual({ type: "end" });
    expect(faults(outcome)).toEqual([]);
  });

  it("passes over the echo of an optical head", () => {
    for (const profile of ["modeA", "modeB", "modeC"] as const) {
      expect(telegrams(read(profile, { echo: true }))).toEqual([registers]);
    }
  });

  it("keeps to the speed that its line can go", () => {
    const outcome = read("modeC", { options: { baudMax: 2400 } });
    expect(outcome.rates).toEqual([300, 2400]);
    expect(telegrams(outcome)).toEqual([registers]);
  });

  it("makes the parity itself on a port that has eight bits only", () => {
    const outcome = read("modeC", { options: { eightBits: true }, damage: withParity });
    expect(telegrams(outcome)).toEqual([registers]);
    for (const step of outcome.steps) {
      if (step.type === "send") {
        expect(step.bytes).toEqual(withParity(step.bytes));
      } else if (step.type === "line") {
        expect(step.line).toMatchObject({ dataBits: 8, parity: "none" });
      }
    }
  });

  it("wakes a battery meter with two seconds of zeros before it asks", () => {
    const outcome = read("modeB", { options: { wake: true } });
    const [first] = outcome.steps.flatMap((step) => (step.type === "send" ? [step.bytes] : []));
    expect(first).toEqual(new Uint8Array(66));
    expect(outcome.took).toBeGreaterThan(3700);
    expect(telegrams(outcome)).toEqual([registers]);
  });

  it("asks for the first speed when nothing comes at the new one", () => {
    const outcome = read("modeC", { deadRates: [9600] });
    expect(outcome.rates).toEqual([300, 9600, 300, 300]);
    expect(telegrams(outcome)).toEqual([registers]);
  });

  it("reads again when a byte was wrong, and gives no value of the wrong readout", () => {
    const flip = (bytes: Uint8Array, answer: number) =>
      answer === 1 ? bytes.map((byte, i) => (i === 30 ? byte ^ 1 : byte)) : bytes;
    const outcome = read("modeC", { damage: flip });
    expect(outcome.requests).toBe(4);
    expect(telegrams(outcome)).toEqual([registers]);
  });

  it("follows a slow readout to its end: the wait begins anew with each byte", () => {
    const outcome = read("modeA", { gap: 1400 });
    expect(telegrams(outcome)).toEqual([registers]);
    expect(outcome.took).toBeGreaterThan(100_000);
  });

  it("gives up after three attempts, and says that the meter is silent", () => {
    const outcome = read("modeC", { deaf: true });
    expect(faults(outcome)).toEqual(["silent"]);
    expect(outcome.requests).toBe(3);
    expect(outcome.took).toBeLessThan(10_000);
    const cut = read("modeC", { damage: (bytes) => bytes.subarray(0, 60) });
    expect(faults(cut)).toEqual(["truncated"]);
    expect(telegrams(cut)).toEqual([]);
  });

  it("ends in bounded time on a line of nothing but noise", () => {
    for (let seed = 0; seed < 20; seed++) {
      const noise = concat(Array.from({ length: 30 }, (_, i) => randomBytes(100 * seed + i, 4000)));
      const session = new D0Session({ address: "", baudMax: 9600, eightBits: false, wake: false });
      const steps = [...session.start(0)];
      let now = 0;
      for (let at = 0; !steps.some((step) => step.type === "end"); at = (at + 16) % noise.length) {
        now += 100;
        steps.push(...session.push(noise.subarray(at, at + 16), now), ...session.tick(now));
        expect(now).toBeLessThan(3_600_000);
      }
      expect(steps.filter((step) => step.type === "telegram")).toEqual([]);
    }
  });
});

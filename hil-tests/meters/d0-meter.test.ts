import { SerialPort } from "serialport";
import { describe, expect, it } from "vitest";
import { d0 } from "../../protocols/d0.ts";
import { D0Session, type D0Step } from "../../protocols/d0-session.ts";
import { isFault } from "../../protocols/fault.ts";
import { has, until } from "../programs.ts";
import { D0Meter, type D0ProfileName } from "./d0-meter.ts";
import { decodeAll, goodOnes, readingLine } from "./decoded.ts";
import { openLine } from "./line.ts";

function value(readings: readonly { obis: string; value: string }[], obis: string): string | undefined {
  return readings.find((reading) => reading.obis === obis)?.value;
}

describe("a simulated D0 meter", () => {
  it.each(["ehz", "q3d"] as const)("%s pushes readouts that say exactly what the meter knows", (profile) => {
    const meter = new D0Meter({ profile, number: 3, seed: 2, solar: 6000, exported: 12.5 });
    for (let second = 0; second < 300; second++) {
      meter.step(1000);
      const [telegram] = goodOnes(decodeAll(d0, meter.telegram()));
      const readings = telegram!.readings.map(readingLine);
      const { imported, power } = meter.state;
      if (profile === "q3d") {
        expect(Number(value(readings, "1-0:1.8.0*255"))).toBeCloseTo(Math.floor(imported / 10) / 1e7, 7);
        expect(Number(value(readings, "1-0:16.7.0*255"))).toBe(power / 100);
      } else {
        expect(value(readings, "1-0:1.8.1*255")).toMatch(/^\d{6}\.\d{4}$/);
      }
    }
  });

  it("that wants to be asked answers no other address and sends nothing by itself", () => {
    const meter = new D0Meter({ profile: "modeC", number: 1, seed: 1 });
    const request = (address: string) => meter.receive(new TextEncoder().encode(`/?${address}!\r\n`));
    expect(request("999")).toEqual([]);
    expect(request("")).toHaveLength(1);
    expect(request(meter.address)).toHaveLength(1);
    expect(meter.receive(new TextEncoder().encode("\x06050\r\n"))).toHaveLength(1);
    expect(meter.receive(new TextEncoder().encode("\x06050\r\n"))).toEqual([]);
  });

  it.skipIf(!has("socat") && !has("python3")).each(["modeA", "modeB", "modeC", "fast"] as const)(
    "of kind %s is read over a serial port, with changes of speed (needs socat or python3)",
    async (profile) => {
      const meter = new D0Meter({ profile, number: 7, seed: 1 });
      const steps = await readOver(meter, profile);
      const [telegram] = steps.flatMap((step) => (step.type === "telegram" ? [step.telegram] : []));
      expect(steps.filter((step) => step.type === "fault")).toEqual([]);
      expect(value(telegram!.readings.map(readingLine), "C.1")).toBe(meter.address);
    },
  );
});

/** A session over a pseudo-terminal, with the host's part done by hand: every step it was given. */
async function readOver(meter: D0Meter, profile: D0ProfileName): Promise<readonly D0Step[]> {
  const line = await openLine({ paced: false });
  line.onRequest = (bytes) => {
    for (const answer of meter.receive(bytes)) {
      line.write(answer.bytes);
    }
  };
  const port = new SerialPort({ path: line.path, baudRate: 300, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  // A pseudo-terminal knows no parity.
  const session = new D0Session({ address: meter.address, baudMax: 9600, eightBits: true, wake: false });
  const done: D0Step[] = [];
  const rates: number[] = [];
  const act = (steps: readonly D0Step[]) => {
    for (const step of steps) {
      done.push(step);
      if (step.type === "send") {
        port.write(step.bytes);
      } else if (step.type === "line") {
        rates.push(step.line.baud);
      }
    }
  };
  port.on("data", (bytes: Buffer) => act(session.push(bytes, performance.now())));
  act(session.start(performance.now()));
  try {
    await until(
      "the session has ended",
      () => {
        act(session.tick(performance.now()));
        return done.some((step) => step.type === "end");
      },
      30_000,
    );
  } finally {
    await new Promise<void>((resolve) => port.close(() => resolve()));
    await line.close();
  }
  const expected = { modeA: [300], modeB: [300, 2400], modeC: [300, 9600], fast: [300, 9600] };
  expect(rates).toEqual(expected[profile as keyof typeof expected]);
  expect(done.filter((step) => isFault(step))).toEqual([]);
  return done;
}

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Platform } from "../../boards/platform.ts";
import { type FirmataPlatform, firmataPlatform } from "../../boards/platforms/firmata.ts";
import type { FirmataOptions } from "../../boards/platforms/firmata-board.ts";
import { sht31Chip } from "../../boards/platforms/simulated-sensors.ts";
import { sht31 } from "../../firmware/drivers/sht31.ts";
import { type Fault, isFault } from "../../protocols/fault.ts";
import { type Line, openLine } from "../meters/line.ts";
import { has, until } from "../programs.ts";
import { firmataImage, hasUno, Uno } from "./uno.ts";

/** The ports of an Arduino: Johnny-Five and serialport on one side of a pseudo-terminal, an ATmega328P that runs Firmata on the other. */

const deadline = 20_000;

describe.skipIf(!hasUno)("an Arduino's inputs (needs socat, gcc-avr and avr-libc)", () => {
  const states: (Fault | null)[] = [];
  let line: Line;
  let uno: Uno;
  let platform: FirmataPlatform;
  /** Bytes the Arduino has sent. */
  let sent = 0;

  beforeAll(async () => {
    line = await openLine({ kind: "socat", paced: false });
    uno = new Uno({
      image: firmataImage(),
      chips: {
        68: { chip: sht31Chip(() => ({ temperature: 2150, humidity: 473 })), conversion: 12.5 },
      },
      onByte: (byte) => {
        sent += 1;
        line.write(Uint8Array.of(byte));
      },
    });
    line.onRequest = (bytes) => uno.receive(bytes);
    uno.start();
    platform = borrow(line, states);
    await until("the Arduino answers", () => states.at(-1) === null, deadline);
  }, 2 * deadline);

  afterAll(async () => {
    platform.close();
    uno.stop();
    await line.close();
  });

  it("give what a chip on its I2C bus answers, byte for byte", async () => {
    expect(await measure(platform)).toEqual([2150, 473]);
  });

  it("never give the last chip's answer for one that is not there, and go on with those that are", async () => {
    expect(await transfer(platform, { address: 0x45 })).toMatchObject({
      fault: "bus",
      detail: "no answer from I2C address 69: check its wires and supply",
    });
    expect(await measure(platform)).toEqual([2150, 473]);
  });

  it("answer questions in the order in which they were asked", async () => {
    const asked = [0x44, 0x45, 0x44].map((address) => transfer(platform, { address }));
    expect((await Promise.all(asked)).map(isFault)).toEqual([false, true, false]);
  });

  it("refuse more bytes than the Arduino's buffer holds", async () => {
    expect(await transfer(platform, { length: 33 })).toMatchObject({ fault: "unsupported" });
  });

  it.each([
    [0, 0],
    [1.25, 16384],
    [2.5, 32768],
    [5, 65535],
  ])("give %f V as a fraction of the full scale", async (volts, wanted) => {
    uno.setVoltage(0, volts);
    // One step of ten bits is 64 of our 65,536; the sample under way may be of before.
    await until(
      "the voltage is read",
      async () => Math.abs(((await read(platform, "A0")) as number) - wanted) < 100,
      deadline,
    );
  });

  it("tell an analogue input that the Arduino has not", async () => {
    expect(await read(platform, "A9")).toMatchObject({ fault: "unsupported" });
  });

  it("count each closing of a contact once, and no bounce, and no neighbour", async () => {
    const times: number[] = [];
    const pulse = there(platform.pulse("D8"));
    const told = async (change: () => void) => {
      const before = sent;
      change();
      await until("the Arduino has told its pins", () => sent >= before + 3, deadline);
    };
    await told(() => pulse.open(200, (time) => times.push(time)));
    for (const count of [1, 2]) {
      await told(() => uno.setContact(8, true));
      await until("the pulse is counted", () => times.length === count, deadline);
      await told(() => uno.setContact(8, false));
      await told(() => uno.setContact(8, true)); // shorter than the debounce
      await told(() => uno.setContact(8, false));
      await told(() => uno.setContact(9, true)); // a neighbour at the same port of the chip
      await told(() => uno.setContact(9, false));
    }
    await told(() => uno.setContact(8, true));
    await until("the pulse is counted", () => times.length === 3, deadline);
    pulse.close();
    expect(times).toHaveLength(3);
  });

  it("say that a pin counts nothing which an older Firmata does not pull up", () => {
    const pulse = there(platform.pulse("D2"));
    pulse.open(20, () => undefined);
    pulse.close();
    expect(states.pop()).toMatchObject({ fault: "unsupported", detail: expect.stringMatching(/D2: .*2\.5/) });
  });

  it("are refused by their names where there are none", () => {
    const answers = [
      platform.pulse("D1"),
      platform.pulse("D70"),
      platform.analog("A16"),
      platform.i2c("i2c-1"),
    ];
    expect(answers.map((answer) => isFault(answer) && answer.fault)).toEqual(Array(4).fill("unsupported"));
  });

  it("are back after the Arduino was away, chip, voltages, contacts and all", async () => {
    const times: number[] = [];
    there(platform.pulse("D4")).open(1, (time) => times.push(time));
    uno.stop();
    expect(await transfer(platform, {})).toMatchObject({ fault: "bus" });
    expect(states.at(-1)?.detail).toMatch(/did not answer within 700 ms/);
    expect(await read(platform, "A0")).toMatchObject({ fault: "bus" });
    uno.reset();
    uno.start();
    await until("the board answers again", () => states.at(-1) === null, deadline);
    expect(await measure(platform)).toEqual([2150, 473]);
    expect(await read(platform, "A0")).toBeTypeOf("number");
    uno.setContact(4, true);
    await until("the pulse is counted", () => times.length === 1, deadline);
  }, 60_000);
});

describe.skipIf(!has("socat"))("something else at the port of an Arduino (needs socat)", () => {
  let ends: (() => void | Promise<void>)[] = [];

  afterEach(async () => {
    for (const end of ends.reverse()) {
      await end();
    }
    ends = [];
  });

  async function strangerThat(says: readonly number[], more: Partial<FirmataOptions> = {}) {
    const line = await openLine({ kind: "socat", paced: false });
    const states: (Fault | null)[] = [];
    const platform = borrow(line, states, more);
    const talk = setInterval(() => line.write(Uint8Array.from(says)), 50);
    ends.push(
      () => line.close(),
      () => platform.close(),
      () => clearInterval(talk),
    );
    await until("a fault is told", () => states.length > 0, deadline);
    return states[0]?.detail;
  }

  it("that answers with nonsense is told from an Arduino", async () => {
    // A list of pins for a board that has none, on which the io layer chokes.
    expect(await strangerThat([0xf9, 2, 6, 0xf0, 0x6a, 5, 5, 0xf7])).toMatch(/what came is no Firmata/);
  });

  it("that begins a message and never ends it fills no memory", async () => {
    expect(await strangerThat([0xf9, 2, 6, 0xf0, ...Array(5000).fill(1)])).toMatch(/a message without end/);
  });

  it("that says nothing is called no Arduino", async () => {
    expect(await strangerThat([], { patience: 300 })).toMatch(/nothing there speaks Firmata/);
  });
});

function borrow(line: Line, states: (Fault | null)[], more: Partial<FirmataOptions> = {}): FirmataPlatform {
  return firmataPlatform(hostPlatform(), {
    path: line.path,
    baud: 57600,
    onState: (state) => states.push(state),
    ...more,
  });
}

/** What of the host's own platform an Arduino's inputs ask for. */
function hostPlatform(): Platform {
  const none = (name: string): Fault => ({ fault: "unsupported", detail: name });
  const parts: Partial<Platform> = {
    clock: { monotonic: () => performance.now(), unix: () => null },
    i2c: none,
    uart: none,
    pulse: none,
    analog: none,
  };
  return parts as Platform;
}

function there<T>(port: T | Fault): T {
  if (isFault(port)) {
    throw new Error(port.detail);
  }
  return port;
}

function transfer(
  platform: Platform,
  { address = 0x44, length = 6 }: { address?: number; length?: number },
): Promise<Uint8Array | Fault> {
  const order = { address, command: new Uint8Array([0x24, 0x00]), conversion: 16, length };
  return new Promise((resolve) => there(platform.i2c("firmata")).transfer(order, resolve));
}

/** Hundredths of Cel and tenths of %RH, as the shipped driver reads them. */
async function measure(platform: Platform): Promise<unknown> {
  const answer = await transfer(platform, {});
  return isFault(answer) ? answer : sht31.decode(answer);
}

function read(platform: Platform, input: string): Promise<number | Fault> {
  return new Promise((resolve) => there(platform.analog(input)).read(resolve));
}

import { spawn } from "node:child_process";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SerialPort } from "serialport";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { has, until } from "../../hil-tests/programs.ts";
import type { Fault } from "../../protocols/fault.ts";
import { faultSentence } from "./said-fault.ts";
import { SerialLine } from "./serial-line.ts";
import { SerialLink } from "./serial-link.ts";

const settings = { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 } as const;
let folder: string;
let near: string;
let far: string;
let ends: (() => void | Promise<void>)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dreihasen-line-"));
  near = join(folder, "near");
  far = join(folder, "far");
  ends = [() => rm(folder, { recursive: true })];
});

afterEach(async () => {
  for (const end of ends.reverse()) {
    await end();
  }
});

/** Plugs a line in; the result pulls it out. */
async function plug(): Promise<() => void> {
  const socat = spawn("socat", [`pty,rawer,link=${near}`, `pty,rawer,link=${far}`]);
  const exists = async () => (await realpath(far).catch(() => null)) !== null;
  await until("the line is there", exists);
  const pull = () => void socat.kill();
  ends.push(pull);
  return pull;
}

async function farEnd(): Promise<SerialPort> {
  const port = new SerialPort({ path: far, baudRate: 9600 });
  await new Promise((resolve) => port.once("open", resolve));
  port.on("error", () => {});
  ends.push(() => new Promise<void>((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve())));
  return port;
}

describe.skipIf(!has("socat"))("a serial line (needs socat)", () => {
  it("opens itself again after the adapter was pulled out and put back", async () => {
    const states: (Fault | null)[] = [];
    const received: number[] = [];
    const line = new SerialLine({
      path: near,
      settings,
      silence: 0,
      onBytes: (bytes) => received.push(...bytes),
      onState: (state) => states.push(state),
    });
    ends.push(() => line.close());
    await until("the missing port was told", () => states.length === 1);
    expect(states[0]?.detail).toContain("is the adapter plugged in?");
    expect(faultSentence(states[0]!, "de")).toBe(
      `${near}: diesen Anschluss gibt es nicht: Steckt der Adapter?`,
    );
    const pull = await plug();
    await until("it is open", () => line.isOpen);
    (await farEnd()).write(Uint8Array.of(1));
    await until("a byte has come", () => received.length === 1);
    pull();
    await until("the loss was noticed", () => !line.isOpen);
    await plug();
    await until("it is open again", () => line.isOpen);
    (await farEnd()).write(Uint8Array.of(2));
    await until("another byte has come", () => received.length === 2);
    expect(states.filter((state) => state === null)).toHaveLength(2);
  });

  it("takes no more bytes than may wait", async () => {
    await plug();
    const line = new SerialLine({ path: near, settings, silence: 0, onBytes: () => {}, onState: () => {} });
    ends.push(() => line.close());
    expect(line.write(Uint8Array.of(1))).toMatchObject({ fault: "bus" });
    await until("it is open", () => line.isOpen);
    const results = Array.from({ length: 100 }, () => line.write(new Uint8Array(4096)));
    expect(results.at(-1)).toMatchObject({ fault: "full" });
  });

  it("carries whole frames both ways as a link", async () => {
    await plug();
    const there = new SerialLink({ path: near, baud: 9600, onState: () => {} });
    const here = new SerialLink({ path: far, baud: 9600, onState: () => {} });
    ends.push(() => {
      there.close();
      here.close();
    });
    const received: Uint8Array[] = [];
    here.onFrame = (frame) => received.push(frame);
    there.onFrame = (frame) => received.push(frame);
    await until("both ends are open", () => there.ready() && here.ready());
    expect(there.send(Uint8Array.of(0, 1, 0, 2))).toBeNull();
    await until("the frame has come", () => received.length === 1);
    expect(here.send(Uint8Array.of(9))).toBeNull();
    await until("the answer has come", () => received.length === 2);
    expect(received).toEqual([Uint8Array.of(0, 1, 0, 2), Uint8Array.of(9)]);
  });
});

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { freePort, until } from "../programs.ts";
import type { HandDevice } from "./hand-device.ts";
import { unreadable } from "./hasen.ts";
import { type GatewayRun, House, patience } from "./house.ts";

/** Ten packs in commits of their own, kept for a city that is away; then the gateway is killed. */
let house: House;
let device: HandDevice;
let packs: string[];
let intact: Map<string, Uint8Array>;

beforeAll(async () => {
  house = await House.open();
  house.configure({
    sinks: [`  - { kind: mqtt, name: notebook, url: "mqtt://127.0.0.1:${await freePort()}" }`],
  });
  device = await house.device("pb-air-north");
  const gateway = await house.start();
  await device.connect();
  for (const number of device.greet()) {
    await device.deliver(number);
  }
  packs = [];
  for (let i = 0; i < 10; i++) {
    packs.push(device.measure([2000 + i]));
    await device.deliver(...packs.slice(-1));
  }
  await gateway.kill();
  intact = new Map(files().map((name) => [name, readFileSync(join(house.spool, name))]));
});
afterEach(() => house.closeGateways());
afterAll(() => house.close());

const files = () => readdirSync(house.spool).filter((name) => name !== "lock" && name !== "quarantine");
const segment = () => [...intact.keys()].find((name) => name.startsWith("segment-"))!;

/** Where the sealed pack's own bytes lie in the segment: its 8-byte tag is stored with it, and perhaps in a snapshot before it. */
function placeOf(number: string): number {
  const tag = device.frames.get(number)!.slice(-8);
  return Buffer.from(intact.get(segment())!).lastIndexOf(Buffer.from(tag));
}

/** Starts with this one byte of the segment changed, for a city that is there. */
async function startWith(at: number): Promise<GatewayRun> {
  for (const name of files()) {
    rmSync(join(house.spool, name));
  }
  for (const [name, bytes] of intact) {
    writeFileSync(join(house.spool, name), bytes);
  }
  const bytes = Uint8Array.from(intact.get(segment())!);
  expect(at).toBeGreaterThan(0);
  bytes[at] ^= 0x40;
  writeFileSync(join(house.spool, segment()), bytes);
  rmSync(join(house.folder, "records.ndjson"), { force: true });
  house.configure({});
  return house.start();
}

describe("a spool with a flipped byte", () => {
  it.each([
    ["in the header page of the segment", () => 10, 0],
    ["in the snapshot before them", () => 4096 + 40, 0],
    ["in a hello", () => placeOf("0/0"), 1],
    ["in a pack in the middle", () => placeOf(packs[4]), 1],
    ["in the last pack", () => placeOf(packs[9]), 1],
    ["in the room not used yet", () => intact.get(segment())!.length - 5000, 0],
  ])("%s starts, loses that at most, and says what", async (_where, place, lost) => {
    const at = place();
    const gateway = await startWith(at);
    const rest = packs.filter((number) => at !== placeOf(number));
    await until("the rest arrives", () => rest.every((number) => house.delivered().has(number)), patience);
    expect(house.delivered().size).toBe(rest.length);
    const told = gateway.log().filter(({ level, event }) => level !== "info" && event.startsWith("spool: "));
    expect(told).toHaveLength(lost);
    if (lost > 0) {
      expect(told[0].event).toMatch(/entr(y|ies) \d+/);
    }
    expect(gateway.process.said()).not.toMatch(unreadable);
    expect((await gateway.stop()).code).toBe(0);
  });

  it("in a shape names every message that nothing can be made of without it", async () => {
    const gateway = await startWith(placeOf("0/1"));
    const missing = () => house.gaps().map(({ epoch, from }) => `${epoch}/${from}`);
    await until("each is named", () => packs.every((number) => missing().includes(number)), patience);
    expect(house.records()).toEqual([]);
    expect((await gateway.stop()).code).toBe(0);
  });
});

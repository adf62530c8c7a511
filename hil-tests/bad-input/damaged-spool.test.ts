import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/** Everything in the spool's folder but its locks. */
function files(): string[] {
  const names = readdirSync(house.spool, { recursive: true, encoding: "utf8" });
  return names.filter((name) => lstatSync(join(house.spool, name)).isFile());
}

interface Place {
  readonly file: string;
  readonly at: number;
}

/** Where the stored message lies: its 8-byte tag is stored with it, and perhaps in a snapshot before it. */
function placeOf(number: string): Place {
  const tag = Buffer.from(device.frames.get(number)!.slice(-8));
  // What must not vanish has a ring of its own; the readings' ring may repeat it in a snapshot.
  const rings = [...intact].sort(([a], [b]) => Number(b.includes("kept")) - Number(a.includes("kept")));
  for (const [file, bytes] of rings) {
    const at = Buffer.from(bytes).lastIndexOf(tag);
    if (/segment-/.test(file) && at >= 0) {
      return { file, at };
    }
  }
  throw new Error(`message ${number} is in no segment`);
}

/** Starts with this one byte changed, for a city that is there. */
async function startWith({ file, at }: Place): Promise<GatewayRun> {
  for (const name of files()) {
    rmSync(join(house.spool, name));
  }
  for (const [name, bytes] of intact) {
    writeFileSync(join(house.spool, name), bytes);
  }
  const bytes = Uint8Array.from(intact.get(file)!);
  bytes[at] ^= 0x40;
  writeFileSync(join(house.spool, file), bytes);
  rmSync(join(house.folder, "records.ndjson"), { force: true });
  house.configure({});
  return house.start();
}

describe("a spool with a flipped byte", () => {
  it.each([
    ["in the header page of the segment", () => ({ ...placeOf(packs[0]), at: 10 }), 0],
    ["in the snapshot before them", () => ({ ...placeOf("0/0"), at: 4096 + 40 }), 0],
    ["in a hello", () => placeOf("0/0"), 1],
    ["in a pack in the middle", () => placeOf(packs[4]), 1],
    ["in the last pack", () => placeOf(packs[9]), 1],
    ["in the room not used yet", () => ({ ...placeOf(packs[0]), at: 900_000 }), 0],
  ])("%s starts, loses that at most, and says what", async (_where, place, lost) => {
    const at = place();
    const gateway = await startWith(at);
    const rest = packs.filter((number) => at.at !== placeOf(number).at || at.file !== placeOf(number).file);
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

  it("in a shape leaves no message that neither arrives nor is named", async () => {
    const gateway = await startWith(placeOf("0/1"));
    const named = () => new Set(house.gaps().map(({ epoch, from }) => `${epoch}/${from}`));
    await until(
      "each has arrived or is named",
      () => packs.every((number) => house.delivered().has(number) || named().has(number)),
      patience,
    );
    expect((await gateway.stop()).code).toBe(0);
  });
});

/** Bundles as they travel, with each kind of sensor: the same frames on Node, Duktape and Espruino, to the last byte. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { pmsx003 } from "../../firmware/drivers/pmsx003.ts";
import { fromHex, toHex } from "../../protocols/bytes.ts";
import { d0Acknowledge, d0Request } from "../../protocols/d0-message.ts";
import { withParity } from "../../protocols/parity.ts";
import { D0Meter } from "../meters/d0-meter.ts";
import { SmlMeter } from "../meters/sml-meter.ts";
import { has } from "../programs.ts";
import { type BundleWorld, bundleOnDuktape, bundleOnEspruino, bundleOnNode } from "./bundle-world.ts";
import { espruinoLane, espruinoPath } from "./espruino-program.ts";
import { builtWith } from "./sensor-at-board.ts";

const folder = mkdtempSync(join(tmpdir(), "dreihasen-golden-bundle-"));
afterAll(() => rmSync(folder, { recursive: true }));

const at = { port: "Serial2", rx: "D16", tx: "D17", interval: 60_000 };

interface Kind {
  readonly name: string;
  readonly sensor: object;
  readonly world: BundleWorld;
  /** Of the lines that are compared, so that nothing is not the same as nothing. */
  readonly has: readonly (readonly [RegExp, number])[];
}

const minutes = 60_000;
const kinds: readonly Kind[] = [
  {
    name: "pulses",
    sensor: { driver: "s0-meter", port: "D2", interval: 60_000, impulses: 1000, start: 5000, debounce: 15 },
    world: { pulses: 7000, lasts: 6 * minutes },
    has: [[/^up /, 8]],
  },
  {
    name: "a sensor that talks by itself",
    sensor: { ...at, driver: "pmsx003" },
    world: {
      says: {
        telegrams: pmsx003.examples.slice(0, 1).map(({ hex }) => fromHex(hex.replaceAll(" ", ""))!),
        every: 2000,
      },
      lasts: 6 * minutes,
    },
    has: [
      [/^up /, 8],
      [/^setup meter 9600 8 none$/, 1],
    ],
  },
  {
    name: "an SML meter, some of whose telegrams are damaged",
    sensor: { ...at, driver: "sml-meter", baud: 0, correctSigns: true, salvage: false },
    world: { says: { telegrams: smlTelegrams(), every: 1000 }, lasts: 6 * minutes },
    has: [
      [/^up /, 8],
      [/^setup meter 9600 8 none$/, 1],
    ],
  },
  {
    name: "a meter that is asked and changes its speed",
    sensor: { ...at, driver: "d0-asked-meter", address: "", baudMax: 9600, wake: false },
    world: { answers: d0Answers(), lasts: 6 * minutes },
    has: [
      [/^up /, 8],
      [/^ask /, 8],
      [/^setup meter 9600 8 none$/, 4],
      [/^setup meter 300 8 none$/, 4],
    ],
  },
];

/** Five of a meter with wrong signs, two of them hit. */
function smlTelegrams(): Uint8Array[] {
  const meter = new SmlMeter({ profile: "dzgFaulty", number: 1, seed: 7 });
  return [0, 1, 2, 3, 4].map((n) => {
    meter.step(1000);
    const telegram = new Uint8Array(meter.telegram());
    telegram[120]! ^= n % 2;
    return telegram;
  });
}

/** Of mode C: identification, then data at 9600 baud. */
function d0Answers(): Map<string, Uint8Array> {
  const meter = new D0Meter({ profile: "modeC", number: 1, seed: 7 });
  const answers = new Map<string, Uint8Array>();
  for (const bytes of [d0Request(""), d0Acknowledge(9600)]) {
    answers.set(toHex(withParity(bytes)), meter.receive(bytes)[0]!.bytes);
  }
  return answers;
}

describe.each(kinds)("a bundle with $name", ({ sensor, world, has: wanted }) => {
  const onNode = async () => bundleOnNode((await builtWith(sensor)).firmware.code, world);

  it("makes frames on Node", async () => {
    const lines = await onNode();
    for (const [pattern, least] of wanted) {
      expect(lines.filter((line) => pattern.test(line)).length, String(pattern)).toBeGreaterThanOrEqual(
        least,
      );
    }
  }, 120_000);

  it.skipIf(!has("duk"))(
    "makes the same on Duktape, to the last byte",
    async () => {
      const { code } = (await builtWith(sensor)).firmware;
      expect(await bundleOnDuktape(folder, code, world)).toEqual(await onNode());
    },
    150_000,
  );

  it.skipIf(espruinoPath() === null)(
    `makes the same ${espruinoLane}, to the last byte`,
    async () => {
      const { code } = (await builtWith(sensor)).firmware;
      expect(await bundleOnEspruino(folder, code, world)).toEqual(await onNode());
    },
    150_000,
  );
});

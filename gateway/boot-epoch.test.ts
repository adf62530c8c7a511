import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nextBootEpoch } from "./boot-epoch.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "boot-epoch-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the gateway's boot epoch", () => {
  it("rises by one at each start", () => {
    const file = join(folder, "epoch");
    expect([nextBootEpoch(file), nextBootEpoch(file), nextBootEpoch(file)]).toEqual([0, 1, 2]);
  });

  it("never repeats, wherever a power cut tears the file", () => {
    const file = join(folder, "epoch");
    for (let i = 0; i < 5; i++) {
      nextBootEpoch(file);
    }
    const whole = readFileSync(file);
    for (let length = 33; length < 40; length++) {
      writeFileSync(file, whole);
      truncateSync(file, length);
      // The torn record is epoch 4: it may have been used.
      expect(nextBootEpoch(file), `cut to ${length} bytes`).toBe(5);
      expect(nextBootEpoch(file)).toBe(6);
    }
  });

  it("never repeats after a flipped bit in its last record", () => {
    const file = join(folder, "epoch");
    for (let i = 0; i < 3; i++) {
      nextBootEpoch(file);
    }
    const whole = readFileSync(file);
    for (let bit = 0; bit < 64; bit++) {
      const flipped = Uint8Array.from(whole);
      flipped[16 + (bit >> 3)] ^= 1 << (bit & 7);
      writeFileSync(file, flipped);
      expect(nextBootEpoch(file)).toBe(3);
    }
  });

  it("is refused where it cannot be written", () => {
    expect(nextBootEpoch(join(folder, "missing", "epoch"))).toMatchObject({ fault: "storage" });
  });
});

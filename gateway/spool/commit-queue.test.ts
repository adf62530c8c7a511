import { expect, it } from "vitest";
import { CommitQueue } from "./commit-queue.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** How long each of so many entries, one after the other, waits for its commit to begin on a disk that takes so long, ms. */
async function waits(count: number, diskTakes: number): Promise<number[]> {
  const clock = new VirtualClock();
  const begun: number[] = [];
  const queue = new CommitQueue({
    linger: 20,
    batchBytes: 65_536,
    payloadMax: 1000,
    retryDelay: 0,
    clock,
    commit: async () => {
      begun.push(clock.monotonic());
      clock.pass(diskTakes);
      return 0;
    },
  });
  const waited: number[] = [];
  for (let i = 0; i < count; i++) {
    const from = clock.monotonic();
    const settled = new Promise((resolve) => queue.append(1, 0, new Uint8Array(10), resolve));
    while (begun.length === i) {
      clock.pass(1);
    }
    await settled;
    await new Promise((turn) => setImmediate(turn));
    waited.push(begun[i]! - from);
  }
  return waited;
}

it("a commit begins as much before the linger is over as the disk usually takes", async () => {
  const waited = await waits(60, 4);
  expect(waited[0]).toBe(20);
  expect(waited.at(-1)).toBeLessThanOrEqual(17);
  expect(waited.at(-1)).toBeGreaterThanOrEqual(16);
});

it("a commit waits half the linger, however slow the disk is", async () => {
  expect((await waits(60, 500)).at(-1)).toBe(10);
});

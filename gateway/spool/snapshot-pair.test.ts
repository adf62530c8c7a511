import { expect, it } from "vitest";
import { segmentHeaderLength } from "./segment-header.ts";
import { SimulatedDisk, seededRandom } from "./simulated-disk.ts";
import { Spool } from "./spool.ts";
import { append, entryOf, range, trialOptions } from "./trial.ts";

/** An image of a disk after a power cut, with a bit of this segment's snapshot flipped. */
function damagedAfterCut(disk: SimulatedDisk, path: string): SimulatedDisk {
  const image = disk.crash(seededRandom(5));
  const bytes = image.bytesOf(path)!.slice();
  bytes[segmentHeaderLength + 40] ^= 1;
  image.replace(path, bytes);
  return image;
}

it("two snapshots stand at any moment of a ring that everybody has read, so that a flipped bit leaves one", async () => {
  const disk = new SimulatedDisk(seededRandom(1));
  const hooks = { snapshot: () => [{ kind: 9, payload: entryOf(7) }] };
  const spool = await Spool.open(trialOptions({ hooks }), disk);
  const cursor = spool.cursor("city");
  const images: SimulatedDisk[] = [];
  disk.watch = () => {
    // Before the third segment all that was ever written is still there.
    if (spool.tail > 0) {
      const segments = disk.paths.filter((path) => path.endsWith(".log"));
      images.push(...segments.map((path) => damagedAfterCut(disk, path)));
    }
  };
  for (const id of range(0, 120)) {
    expect(await append(spool, entryOf(id, 190))).toBe(id);
    cursor.advance(id + 1);
  }
  expect(images.length).toBeGreaterThan(300);
  for (const image of images) {
    const again = await Spool.open(trialOptions(), image);
    expect(again.latestSnapshot()).not.toBeNull();
  }
});

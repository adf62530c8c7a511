import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isFault } from "../../protocols/fault.ts";
import { holdStorage, LinuxStorage } from "./linux-storage.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dreihasen-storage-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("storage on Linux", () => {
  it("gives back what was appended, and nothing for a file that is not there", () => {
    const storage = new LinuxStorage(folder);
    expect(storage.read("epoch")).toEqual(new Uint8Array(0));
    expect(storage.append("epoch", Uint8Array.of(1, 2))).toBeNull();
    expect(storage.append("epoch", Uint8Array.of(3))).toBeNull();
    expect(storage.read("epoch")).toEqual(Uint8Array.of(1, 2, 3));
  });

  it("puts new content in place of the old, and leaves no third file", async () => {
    const storage = new LinuxStorage(folder);
    storage.append("outbox", new Uint8Array(100));
    expect(storage.replace("outbox", Uint8Array.of(7))).toBeNull();
    expect(storage.read("outbox")).toEqual(Uint8Array.of(7));
    expect(await readdir(folder)).toEqual(["outbox"]);
  });

  it("keeps its files to their owner", async () => {
    new LinuxStorage(folder).append("epoch", Uint8Array.of(1));
    expect((await stat(join(folder, "epoch"))).mode & 0o777).toBe(0o600);
  });

  it("says what is in the way instead of throwing", async () => {
    await writeFile(join(folder, "file"), "");
    const storage = new LinuxStorage(join(folder, "file"));
    expect(storage.read("epoch")).toMatchObject({
      fault: "storage",
      detail: expect.stringMatching(/a part of this path is a file/),
    });
    expect(storage.append("epoch", Uint8Array.of(1))).toMatchObject({ fault: "storage" });
    expect(storage.replace("epoch", Uint8Array.of(1))).toMatchObject({ fault: "storage" });
  });

  it("is held by one device at a time", async () => {
    const first = await holdStorage(folder);
    expect(await holdStorage(folder)).toMatchObject({
      fault: "storage",
      detail: expect.stringMatching(/another device/),
    });
    if (!isFault(first)) {
      first.release();
    }
    await new Promise((resolve) => setImmediate(resolve));
    const again = await holdStorage(folder);
    expect(isFault(again)).toBe(false);
    if (!isFault(again)) {
      again.release();
    }
  });

  it.skipIf(process.getuid?.() === 0)("names a folder it may not use (not as root)", async () => {
    await chmod(folder, 0o500);
    expect(new LinuxStorage(folder).append("epoch", Uint8Array.of(1))).toMatchObject({ fault: "storage" });
    await chmod(folder, 0o700);
  });
});

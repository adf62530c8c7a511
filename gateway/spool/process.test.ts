import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { has } from "../../hil-tests/programs.ts";
import { nodeFiles } from "./node-files.ts";
import { Spool } from "./spool.ts";
import { appendIds, range, readIds } from "./trial.ts";

let folder = "";
let writer = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hasen-spool-"));
  writer = join(folder, "writer.mjs");
  const entry = new URL("./trial-writer.ts", import.meta.url).pathname;
  buildSync({ entryPoints: [entry], outfile: writer, bundle: true, platform: "node", format: "esm" });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const openIn = (name: string, more: object = {}): Promise<Spool> =>
  Spool.open(
    { folder: join(folder, name), segmentBytes: 65536, bytesMax: 64 * 65536, linger: 0, ...more },
    nodeFiles,
  );

/** Starts the writer; what it said was settled so far, id by offset. */
function startWriter(name: string): {
  child: ChildProcess;
  settled: Map<number, number>;
  ended: Promise<void>;
} {
  const child = spawn(process.execPath, [writer, "append", join(folder, name)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const settled = new Map<number, number>();
  let rest = "";
  child.stdout!.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [offset, id] = JSON.parse(line);
      settled.set(offset, id);
    }
  });
  return { child, settled, ended: new Promise((resolve) => child.once("close", () => resolve())) };
}

describe("a process killed with SIGKILL while it appends", () => {
  it("has everything on disk that it said was settled, again and again", async () => {
    const all = new Map<number, number>();
    for (let round = 1; round <= 8; round++) {
      const { child, settled, ended } = startWriter("killed");
      await new Promise<void>((resolve) => {
        child.stdout!.on("data", () => settled.size >= round * 130 && resolve());
      });
      child.kill("SIGKILL");
      await ended;
      settled.forEach((id, offset) => {
        all.set(offset, id);
      });
      const spool = await openIn("killed");
      const found = readIds(spool);
      expect([...all].filter(([offset, id]) => found.get(offset) !== id)).toEqual([]);
      expect([...found.keys()]).toEqual(range(spool.tail, spool.head));
      expect(spool.recovery).toMatchObject({ lost: [], setAside: [], damagedBlocks: 0, trouble: null });
      await spool.close();
    }
  });

  it("leaves a lock that the next start takes over, and one alive does not", async () => {
    const { child, settled, ended } = startWriter("locked");
    await new Promise<void>((resolve) => {
      child.stdout!.on("data", () => settled.size > 0 && resolve());
    });
    await expect(openIn("locked")).rejects.toMatchObject({
      code: "SPL-075",
      exit: 75,
      parameters: { pid: child.pid, since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
    });
    child.kill("SIGKILL");
    await ended;
    const spool = await openIn("locked");
    await spool.close();
  });
});

describe("the lock of a folder", () => {
  it("is kept within one process too, and given back by close", async () => {
    const spool = await openIn("one");
    await expect(openIn("one")).rejects.toMatchObject({ code: "SPL-075", parameters: { pid: process.pid } });
    await spool.close();
    await (await openIn("one")).close();
  });

  it("of an earlier boot, of a pid that is used again, or in no known form is taken over", async () => {
    await (await openIn("stale")).close();
    const path = join(folder, "stale", "lock");
    const holder = await openIn("stale");
    const [pid, started, boot, since] = readlinkSync(path).split(".");
    await holder.close();
    const stale = [
      `${pid}.${started}.00000000.${since}`,
      `${pid}.1.${boot}.${since}`,
      `4194304.9.${boot}.${since}`,
      "nobody",
    ];
    for (const target of stale) {
      symlinkSync(target, path);
      await (await openIn("stale")).close();
    }
    writeFileSync(path, "");
    await (await openIn("stale")).close();
    expect(readdirSync(join(folder, "stale")).filter((name) => name.startsWith("lock"))).toEqual([]);
  });
});

describe("files on a real disk", () => {
  it("are their owner's alone", async () => {
    const spool = await openIn("modes");
    await appendIds(spool, range(1, 5));
    await spool.close();
    const modes = readdirSync(join(folder, "modes")).map(
      (name) => statSync(join(folder, "modes", name)).mode & 0o777,
    );
    expect(new Set(modes)).toEqual(new Set([0o600]));
    expect(statSync(join(folder, "modes")).mode & 0o777).toBe(0o700);
  });

  it("keep what was appended over a restart, through several turns of the ring", async () => {
    const small = { segmentBytes: 8192, bytesMax: 5 * 8192 };
    const spool = await openIn("turns", small);
    const settled = await appendIds(spool, range(0, 400), 300);
    await spool.close();
    const again = await openIn("turns", small);
    expect(settled.size).toBe(400);
    expect([...readIds(again)]).toEqual([...settled].filter(([offset]) => offset >= again.tail));
    await again.close();
  });

  it("in a folder that cannot be are told as a problem", async () => {
    writeFileSync(join(folder, "plain"), "");
    await expect(openIn("plain/below")).rejects.toMatchObject({ code: "SPL-074" });
  });
});

const tmpfs = ["unshare", "-Urm", "--", "sh", "-c"];
const canMount =
  has("unshare") &&
  spawnSync(tmpfs[0], [...tmpfs.slice(1), "mount -t tmpfs -o size=1m none /mnt"]).status === 0;

describe("a full disk", () => {
  it.skipIf(!canMount)(
    `refuses with full, stays up, and goes on when there is room${canMount ? "" : " (skipped: no mount namespace here)"}`,
    () => {
      const script = `mount -t tmpfs -o size=1m none /mnt && exec "${process.execPath}" "${writer}" fill /mnt/spool`;
      const run = spawnSync(tmpfs[0], [...tmpfs.slice(1), script], { encoding: "utf8" });
      const { first, second, readable, damage } = JSON.parse(run.stdout);
      expect(first.fault).toBe("full");
      expect(second.fault).toBe("full");
      expect(first.settled).toBeGreaterThan(200);
      expect(second.settled).toBeGreaterThan(first.settled + 200);
      expect(readable).toBe(second.settled);
      expect(damage).toBe(0);
    },
  );
});

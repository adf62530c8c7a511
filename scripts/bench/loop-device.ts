import { execFileSync } from "node:child_process";
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { programPath } from "../../hil-tests/programs.ts";

const bytes = 128 * 1024 * 1024;
const needed = ["losetup", "mkfs.ext4", "mount", "umount"];

/** What has been written to a block device so far. */
export interface DeviceWrites {
  readonly bytes: number;
  readonly writes: number;
}

/** An ext4 file system on a block device of its own, so that everything written to the device can be counted. */
export class LoopDevice {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #image: string;
  readonly #device: string;

  /** Needs root; else gives the reason why there is none. */
  static open(): LoopDevice | string {
    if (process.getuid?.() !== 0) {
      return "a loop device needs root";
    }
    const missing = needed.filter((program) => programPath(program) === null);
    if (missing.length > 0) {
      return `not installed: ${missing.join(", ")}`;
    }
    const base = mkdtempSync(join(tmpdir(), "hasen-bench-loop-"));
    try {
      return new LoopDevice(base);
    } catch (error) {
      rmSync(base, { recursive: true, force: true });
      return `no loop device can be had: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
    }
  }

  private constructor(base: string) {
    this.#image = join(base, "image");
    this.folder = mkdtempSync(join(base, "mount-"));
    writeFileSync(this.#image, "");
    truncateSync(this.#image, bytes);
    run("mkfs.ext4", ["-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", this.#image]);
    this.#device = run("losetup", ["--find", "--show", this.#image]).trim();
    try {
      run("mount", [this.#device, this.folder]);
    } catch (error) {
      run("losetup", ["--detach", this.#device]);
      throw error;
    }
  }

  /** Everything that is on its way to the device is written first. */
  written(): DeviceWrites {
    run("sync", ["--file-system", this.folder]);
    const stat = readFileSync(`/sys/block/${basename(this.#device)}/stat`, "utf8")
      .trim()
      .split(/\s+/);
    // Documentation/block/stat: write I/Os, write merges, write sectors of 512 bytes are fields 5 to 7.
    return { writes: Number(stat[4]), bytes: Number(stat[6]) * 512 };
  }

  /** ms that a write of 4 kB takes to be durable, for each of so many: what of an acknowledgement's delay is the disk's. */
  syncs(count: number): number[] {
    const handle = openSync(join(this.folder, "syncs"), "w");
    const page = Buffer.alloc(4096);
    const taken = Array.from({ length: count }, (_, i) => {
      const start = performance.now();
      writeSync(handle, page, 0, page.length, i * page.length);
      fdatasyncSync(handle);
      return performance.now() - start;
    });
    closeSync(handle);
    return taken;
  }

  close(): void {
    run("umount", [this.folder]);
    run("losetup", ["--detach", this.#device]);
    rmSync(join(this.#image, ".."), { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(programPath(program) ?? program, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

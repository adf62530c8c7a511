/** A file system of its own for one test, in a mount namespace that ends with it: nothing stays mounted, however the test ends. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programPath } from "../programs.ts";

/** FS_IOC_SHUTDOWN, and its flag "do not even write the journal" (linux: include/uapi/linux/fs.h, ext4.h). */
const shutdownCall =
  "my $how = pack('L', 2); open(my $d, '<', $ARGV[0]) or die $!; ioctl($d, 0x8004587D, $how) or die $!";

export class MountedFolder {
  /** Where it is for processes inside. */
  readonly inside: string;
  /** Where this process sees it. */
  readonly path: string;
  readonly #holder: ChildProcess;

  /** Mounts with these arguments of mount(8), the mount point left out; rejects with mount's own words. */
  static async mount(...args: string[]): Promise<MountedFolder> {
    const inside = mkdtempSync(join(tmpdir(), "hasen-mount-"));
    // cat ends when this process does, and the namespace with it.
    const script = 'mount "$@" && echo mounted && exec cat';
    const holder = spawn("unshare", ["-m", "sh", "-c", script, "sh", ...args, inside], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    let said = "";
    holder.stderr.on("data", (text) => {
      said += String(text);
    });
    const answered = new Promise<void>((resolve, reject) => {
      holder.stdout.once("data", () => resolve());
      holder.once("exit", () => reject(new Error(`mount ${args.join(" ")}: ${said}`)));
      holder.once("error", reject);
    });
    await answered.catch((error: unknown) => {
      rmdirSync(inside);
      throw error;
    });
    return new MountedFolder(inside, holder);
  }

  private constructor(inside: string, holder: ChildProcess) {
    this.inside = inside;
    this.path = `/proc/${holder.pid}/root${inside}`;
    this.#holder = holder;
  }

  /** The start of a command line that runs in here. */
  get under(): string[] {
    return [programPath("nsenter") ?? "nsenter", "-t", String(this.#holder.pid), "-m"];
  }

  /** mount(8) with these options on what is mounted. */
  remount(options: string): void {
    const [nsenter, ...args] = this.under;
    execFileSync(nsenter, [...args, "mount", "-o", `remount,${options}`, this.inside], { stdio: "pipe" });
  }

  /** From this instant on nothing reaches the device any more, as when its power is gone. Only for file systems that can (ext4). */
  cutPower(): void {
    execFileSync("perl", ["-e", shutdownCall, this.path], { stdio: "pipe" });
  }

  /** Whoever uses it must be gone. */
  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#holder.once("exit", resolve));
    this.#holder.stdin?.end();
    await gone;
    rmdirSync(this.inside);
  }
}

export interface Image {
  readonly path: string;
  remove(): void;
}

/** A file system of so many MiB in a file, ext4. */
export function imageOf(mebibytes: number): Image {
  const image = emptyImage();
  writeFileSync(image.path, "");
  truncateSync(image.path, mebibytes * 1024 * 1024);
  execFileSync(programPath("mkfs.ext4") ?? "mkfs.ext4", ["-q", image.path], { stdio: "pipe" });
  return image;
}

/** What a device holds now: what reached it, and nothing that the kernel still has in memory. */
export function copyOf({ path }: Image): Image {
  const copy = emptyImage();
  copyFileSync(path, copy.path);
  return copy;
}

function emptyImage(): Image {
  const folder = mkdtempSync(join(tmpdir(), "hasen-image-"));
  return { path: join(folder, "disk.img"), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Why nothing can be mounted here (`loop`: an image either); null where it can. */
export function mountTrouble(kind: "tmpfs" | "loop"): string | null {
  const missing = ["unshare", "nsenter", "mount", ...(kind === "loop" ? ["mkfs.ext4", "perl"] : [])].filter(
    (program) => programPath(program) === null,
  );
  if (missing.length > 0) {
    return `no ${missing.join(", ")} here`;
  }
  if (process.getuid?.() !== 0) {
    return "only root mounts";
  }
  const script =
    kind === "tmpfs"
      ? "mount -t tmpfs tmpfs /mnt"
      : 'f=$(mktemp) && trap "rm $f" EXIT && truncate -s 4M $f && mkfs.ext4 -q $f && mount -o loop $f /mnt && umount /mnt';
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
  const run = spawnSync("unshare", ["-m", "sh", "-c", script], { stdio: "ignore", timeout: 30_000, env });
  return run.status === 0 ? null : "mounting is not allowed here";
}

/** What tests find on this machine: programs, data, ports, and the patience to wait for them. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/** Whether a program can be started. Debian keeps servers in /usr/sbin, which a user's PATH may leave out. */
export function has(program: string): boolean {
  return programPath(program) !== null;
}

export function programPath(program: string): string | null {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin", "/usr/local/sbin"];
  for (const folder of folders) {
    if (folder !== "" && existsSync(join(folder, program))) {
      return join(folder, program);
    }
  }
  return null;
}

/** A Python that has these modules: Debian's own first, since a user's may lack them. */
export function pythonWith(...modules: string[]): string | null {
  for (const python of ["/usr/bin/python3", "python3"]) {
    const run = spawnSync(python, ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" });
    if (run.status === 0) {
      return python;
    }
  }
  return null;
}

/** The folder of real captures and standards' vectors, or null where DREIHASEN_DATA names none. */
export function dataFolder(part: string): string | null {
  const root = process.env["DREIHASEN_DATA"];
  if (root === undefined || root === "") {
    return null;
  }
  const folder = join(root, part);
  return existsSync(folder) ? folder : null;
}

/** A TCP port on loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Waits until the condition holds; rejects with the sentence given when the deadline passes. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadline = 10_000,
): Promise<void> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > deadline) {
      throw new Error(`waited ${deadline} ms in vain: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

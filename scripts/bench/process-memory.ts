import { readFileSync } from "node:fs";

/** Memory of a process that is in RAM now, and at most so far, MB; as Linux tells it (proc(5)). */
export function processMemory(pid: number): { readonly resident: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
  return { resident: kilobytes("VmRSS") / 1024, peak: kilobytes("VmHWM") / 1024 };
}

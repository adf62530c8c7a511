import { readFileSync } from "node:fs";

/** CPU time that a process has used, all its threads, us; Linux counts it in ticks of 10 ms. 0 where there is none. */
export function processCpu(pid: number | null): number {
  if (pid === null) {
    return 0;
  }
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // proc(5): utime and stime are fields 14 and 15; the name, field 2, may hold blanks but ends with the last bracket.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

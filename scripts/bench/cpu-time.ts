/** CPU time of this process, all its threads, that one of a pass takes, us. A pass says how many it did. */
export function cpuEach(pass: () => number): number {
  const start = process.cpuUsage();
  let done = 0;
  let used = 0;
  while (used < roundCpu) {
    for (let i = 0; i < passesEach; i++) {
      done += pass();
    }
    const { user, system } = process.cpuUsage(start);
    used = user + system;
  }
  return used / done;
}

const roundCpu = 250_000; // us
/** Between two looks at the clock, which is a system call and not free. */
const passesEach = 8;

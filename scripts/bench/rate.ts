/** Repeats a pass, which says how many it did, for a round of `roundMs`; per second. A pass should take 0.1 to 10 ms. */
export function rate(pass: () => number): number {
  const start = performance.now();
  let done = 0;
  let elapsed = 0;
  while (elapsed < roundMs) {
    done += pass();
    elapsed = performance.now() - start;
  }
  return (done * 1000) / elapsed;
}

const roundMs = 250;

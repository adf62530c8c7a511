import type { Streams } from "../streams.ts";
import type { Bench, BenchResult } from "./bench.ts";
import { resultLine, roundsMin, runBench } from "./runner.ts";

/**
 * `npm run bench -- [name ...] [--json] [--rounds N]`. With --json the last line of stdout is `{"benches":[...]}`, with `unmeasured`
 * beside it for benches that this machine cannot run; progress goes to stderr. Returns the exit code: 0, 1 where a bench failed, 64 for an unknown name or option.
 */
export async function benchCommand(
  args: readonly string[],
  benches: readonly Bench[],
  streams: Pick<Streams, "stdout" | "stderr">,
): Promise<number> {
  const order = parseArguments(args, benches);
  if (typeof order === "string") {
    streams.stderr.write(`${order}\n`);
    return 64;
  }
  const results: BenchResult[] = [];
  const unmeasured: { name: string; reason: string }[] = [];
  let failed = false;
  for (const bench of order.chosen) {
    try {
      const result = await runBench(bench, order.rounds);
      if ("unmeasured" in result) {
        streams.stderr.write(`${bench.name}: not measured here: ${result.unmeasured}\n`);
        unmeasured.push({ name: bench.name, reason: result.unmeasured });
      } else {
        results.push(result);
        (order.json ? streams.stderr : streams.stdout).write(`${resultLine(result)}\n`);
      }
    } catch (error) {
      failed = true;
      streams.stderr.write(`${bench.name} failed: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
  }
  if (order.json) {
    streams.stdout.write(
      `${JSON.stringify({ benches: results, ...(unmeasured.length > 0 && { unmeasured }) })}\n`,
    );
  }
  return failed ? 1 : 0;
}

interface Order {
  readonly chosen: readonly Bench[];
  readonly json: boolean;
  readonly rounds: number;
}

function parseArguments(args: readonly string[], benches: readonly Bench[]): Order | string {
  const names: string[] = [];
  let json = false;
  let rounds = roundsMin;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--json") {
      json = true;
    } else if (arg === "--rounds") {
      rounds = Number(args[++i]);
      if (!Number.isInteger(rounds) || rounds < roundsMin) {
        return `--rounds wants a whole number of at least ${roundsMin}`;
      }
    } else if (benches.some((bench) => bench.name === arg)) {
      names.push(arg);
    } else {
      return `there is no bench "${arg}"; there are: ${benches.map((bench) => bench.name).join(", ")} (and --json, --rounds N)`;
    }
  }
  return {
    chosen: names.length === 0 ? benches : benches.filter((bench) => names.includes(bench.name)),
    json,
    rounds,
  };
}

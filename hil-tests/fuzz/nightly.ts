/** A million inputs for every decoder: a row of a table each, a last line in JSON. Ends with 1 when one of them broke a bound. */
import { parseArgs } from "node:util";
import { fuzz, noticed } from "./fuzz.ts";
import { targets } from "./targets.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: "" },
  },
});
const inputs = Number(values.inputs);
const only = values.only.split(",").filter((name) => name !== "");
const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(2);
const wrong: string[] = [];
console.log("| decoder | inputs | slowest, CPU ms | growth, MB | most for 16 inputs, MB |");
console.log("|---|--:|--:|--:|--:|");
for (const target of targets.filter(({ name }) => only.length === 0 || only.includes(name))) {
  const result = fuzz(target, { inputs, seed: Number(values.seed) });
  const { name, slowest, slowestHex, growth, most } = result;
  console.log(
    `| \`${name}\` | ${inputs} | ${slowest < noticed ? `under ${noticed}` : slowest.toFixed(2)} | ${megabytes(growth)} | ${megabytes(most)} |`,
  );
  console.error(`${name}: slowest ${slowestHex.slice(0, 2000)}`);
  wrong.push(...result.wrong);
}
for (const what of wrong.slice(0, 100)) {
  console.error(what);
}
console.log(JSON.stringify({ seed: Number(values.seed), inputs, violations: wrong.length }));
process.exitCode = wrong.length > 0 ? 1 : 0;

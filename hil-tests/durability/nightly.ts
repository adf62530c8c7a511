/** Every durability proof at full length: one line each, and a last line in JSON. Ends with 1 when one of them found something. */
import { parseArgs } from "node:util";
import { crash, killPoints } from "./crashes.ts";
import { damage } from "./damage.ts";
import { errorPoints, sufferErrors } from "./disk-errors.ts";
import { mountTrouble } from "./mounted-folder.ts";
import { cutPower } from "./power-cut.ts";
import { straceTrouble } from "./strace.ts";

/** Points in the life of one folder. */
const chain = 50;

const { values } = parseArgs({
  options: {
    crashes: { type: "string", default: "800" },
    errors: { type: "string", default: "200" },
    cuts: { type: "string", default: "20" },
    damage: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
  },
});
const seed = Number(values.seed);
const wrong: string[] = [];
const figures: Record<string, number | string> = { seed };

await prove("crashes", Number(values.crashes), straceTrouble(), async (count, at) => {
  const { reached, acknowledged, wrong } = await crash(killPoints(count, at));
  return { wrong, count: reached, note: `${acknowledged} acknowledged` };
});
await prove("errors", Number(values.errors), straceTrouble(), async (count, at) => {
  return { wrong: await sufferErrors(errorPoints(count, at)), count, note: "" };
});
await prove("cuts", Number(values.cuts), mountTrouble("loop"), async (cuts, at) => {
  const { wrong, acknowledged } = await cutPower({ cuts, seed: at });
  return { wrong, count: cuts, note: `${acknowledged} acknowledged` };
});
await prove("damage", Number(values.damage), null, async (count, at) => {
  const { wrong, lost } = await damage(count, at);
  return { wrong, count, note: `${lost} entries lost where damaged, all declared` };
});
for (const what of wrong.slice(0, 100)) {
  console.error(what);
}
console.log(JSON.stringify({ ...figures, violations: wrong.length }));
process.exitCode = wrong.length > 0 ? 1 : 0;

interface Proof {
  readonly wrong: readonly string[];
  readonly count: number;
  readonly note: string;
}

/** Does one kind of proof in runs of a bounded length; each run has a seed of its own. */
async function prove(
  name: string,
  count: number,
  trouble: string | null,
  run: (count: number, seed: number) => Promise<Proof>,
): Promise<void> {
  if (trouble !== null) {
    console.log(`${name}: skipped, ${trouble}`);
    figures[name] = `skipped: ${trouble}`;
    return;
  }
  const began = performance.now();
  const most = name === "damage" ? count : chain;
  let done = 0;
  for (let left = count, at = seed; left > 0; left -= most, at++) {
    const proof = await run(Math.min(left, most), at);
    done += proof.count;
    wrong.push(...proof.wrong.map((what) => `${name}, seed ${at}: ${what}`));
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${name}: ${done} of ${count}, ${wrong.length} violations, ${seconds} s ${proof.note}`);
  }
  figures[name] = done;
}

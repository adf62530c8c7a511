// `npm run bench`: bundles the benchmarks and runs them on the built product.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildAll, bundle } from "./build.mjs";

export default async function (args, { root }) {
  await buildAll();
  await bundle({ entry: "scripts/bench/run.ts", name: "bench", external: ["open-sml", "esbuild"] });
  const run = spawnSync(process.execPath, ["--expose-gc", join(root, "dist", "bench.mjs"), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  process.exit(run.status ?? 1);
}

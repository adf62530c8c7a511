// `npm run simulate`: bundles the simulation and runs it.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./build.mjs";

export default async function (args, { root }) {
  mkdirSync(join(root, "dist"), { recursive: true });
  await bundle({ entry: "hil-tests/simulation/command.ts", name: "simulate" });
  const run = spawnSync(process.execPath, [join(root, "dist", "simulate.mjs"), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  process.exit(run.status ?? 1);
}

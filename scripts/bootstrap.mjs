// The first thing that runs in a fresh clone, so it is plain JavaScript and needs nothing but Node, npm and git:
// it installs what is missing, then hands over to the task.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const nodeFloor = 20;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const tasks = {
  start: "start.mjs",
  test: "test.mjs",
  check: "test.mjs",
  build: "build.mjs",
  bench: "bench.mjs",
  nightly: "nightly.mjs",
  simulate: "simulate.mjs",
};

const task = process.argv[2];
if (!Object.hasOwn(tasks, task)) {
  fail(64, `unknown task "${task}". Tasks: ${Object.keys(tasks).join(", ")}.`);
}
if (Number(process.versions.node.split(".")[0]) < nodeFloor) {
  fail(
    69,
    `Node ${process.versions.node} is too old; Dreihasen needs Node ${nodeFloor} or newer. Install it from your distribution or nodejs.org, then run the command again.`,
  );
}
if (!installed()) {
  console.error("First start: installing the packages of package-lock.json (once, about half a minute) ...");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) {
    fail(
      69,
      "npm could not install the packages (see its message above). Check the network or the proxy settings of npm, then run the command again.",
    );
  }
}
const module = await import(pathToFileURL(join(root, "scripts", tasks[task])).href);
await module.default(process.argv.slice(3), { root, task });

/** Whether node_modules holds what the lock file names: same packages, same versions, optional ones aside. */
function installed() {
  const found = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(found)) {
    return false;
  }
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const have = JSON.parse(readFileSync(found, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === "" || entry.optional || entry.devOptional || have[path]?.version === entry.version,
  );
}

function fail(code, sentence) {
  console.error(sentence);
  process.exit(code);
}

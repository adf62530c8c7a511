// Builds what is shipped: dist/hasen.mjs with its parts (a command loads only what it needs) and the native parts of serialport beside it,
// and dist/street.mjs, the street of `npm start`. The same function builds a task's TypeScript entry for one run.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

/** Bundles one entry into dist/<name>.mjs, with `parts` into that and what it loads later. @param {{ entry: string, name: string, external?: string[], parts?: boolean }} options */
export async function bundle({ entry, name, external = [], parts = false }) {
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
  const result = await build({
    absWorkingDir: root,
    entryPoints: { [name]: entry },
    outdir: dist,
    outExtension: { ".js": ".mjs" },
    chunkNames: "part-[hash]",
    // A package in CommonJS then has to be imported by name in a file of ours: loaded with import() itself, it has no names but "default".
    splitting: parts,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // esbuild is a program beside its package, which hasen build asks for when it runs; dbus-next asks for x11 only where it looks
    // for a desktop's session bus, which nobody here does.
    external: ["esbuild", "x11", ...external],
    define: { __DREIHASEN_VERSION__: JSON.stringify(version) },
    banner: { js: banner },
    plugins: [serialportPrebuilds],
    // mqtt takes its timers in a browser from there; here it has Node's.
    alias: { "worker-timers": "./scripts/no-worker-timers.ts" },
    // No spaces and comments: a start then reads half as much, and text of ASCII alone takes half the memory. Names stay, for stack traces.
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  });
  return result.metafile.outputs;
}

// CommonJS packages inside an ES module still ask for these.
const banner = `#!/usr/bin/env node
import { createRequire as __createRequire } from "node:module";
import { fileURLToPath as __fileURLToPath } from "node:url";
import { dirname as __dirnameOf } from "node:path";
const require = __createRequire(import.meta.url), __filename = __fileURLToPath(import.meta.url), __dirname = __dirnameOf(__filename);`;

// serialport looks for its native parts one folder above its own file; in the bundle they lie beside it.
const serialportPrebuilds = {
  name: "serialport-prebuilds",
  setup(setup) {
    setup.onLoad({ filter: /@serialport[\\/]bindings-cpp[\\/]dist[\\/].*bindings?\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(
        /\(0, path_1\.join\)\(__dirname, ["']\.\.\/["']\)/,
        "__dirname",
      ),
      loader: "js",
    }));
  },
};

/** The native parts for Linux and the desktop systems of technicians, as they lie in the package. */
function copyPrebuilds() {
  const from = join(root, "node_modules", "@serialport", "bindings-cpp", "prebuilds");
  const to = join(dist, "prebuilds");
  rmSync(to, { recursive: true, force: true });
  for (const platform of readdirSync(from)) {
    if (!platform.startsWith("android")) {
      cpSync(join(from, platform), join(to, platform), { recursive: true });
    }
  }
}

/** Parts that nothing names any more. What has run since before this build may still load its own. */
function removeOldParts(kept) {
  const old = Date.now() - 3_600_000;
  for (const file of readdirSync(dist).filter((name) => /^part-[A-Z0-9]+\.mjs$/.test(name))) {
    if (!kept.has(`dist/${file}`) && statSync(join(dist, file)).mtimeMs < old) {
      rmSync(join(dist, file));
    }
  }
}

export async function buildAll() {
  const start = performance.now();
  mkdirSync(dist, { recursive: true });
  const outputs = await Promise.all([
    bundle({ entry: "scripts/hasen.ts", name: "hasen", parts: true }),
    bundle({ entry: "hil-tests/street/main.ts", name: "street" }),
  ]);
  removeOldParts(new Set(outputs.flatMap(Object.keys)));
  copyPrebuilds();
  chmodSync(join(dist, "hasen.mjs"), 0o755);
  const kilobytes = (output) =>
    Math.round(Object.values(output).reduce((sum, { bytes }) => sum + bytes, 0) / 1024);
  const sizes = outputs.map((output, i) => `dist/${["hasen", "street"][i]}.mjs ${kilobytes(output)} kB`);
  return { sizes, milliseconds: Math.round(performance.now() - start) };
}

export default async function () {
  const { sizes, milliseconds } = await buildAll();
  console.error(`built in ${milliseconds} ms: ${sizes.join(", ")}`);
}

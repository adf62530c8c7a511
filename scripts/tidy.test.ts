/**
 * The house rules that a machine can check. When a review remark comes up twice, it becomes a line here, with the sentence that
 * explains it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "acorn";
import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));
const sources = files.filter((file) => file.endsWith(".ts"));
const shipped = sources.filter((file) => !file.endsWith(".test.ts"));

/** Whom each room may import. Down the house only. */
const mayImport: Record<string, readonly string[]> = {
  protocols: [],
  boards: ["protocols"],
  firmware: ["protocols", "boards"],
  gateway: ["protocols"],
  "hil-tests": ["protocols", "boards", "firmware", "gateway", "scripts"],
  scripts: ["protocols", "boards", "firmware", "gateway", "hil-tests"],
};

/** Packages that belong to one room or a few. */
const packagesOf: Record<string, readonly RegExp[]> = {
  protocols: [],
  boards: [/^serialport$/, /^mqtt$/, /^johnny-five\//, /^firmata-io$/, /^@sinclair\/typebox$/, /^node:/],
  firmware: [/^@sinclair\/typebox$/],
};

/** What ties code to one platform, or what a board's interpreter lacks. */
const platformWords: readonly (readonly [RegExp, string])[] = [
  [/\bDate\b/, "time is an argument or comes from the clock port"],
  [/\bprocess\b/, "there is no process on a board"],
  [/\bBuffer\b/, "Uint8Array runs everywhere"],
  [/\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/, "the core is tick-driven"],
  [/\basync\b|\bawait\b|\bPromise\b/, "ports use callbacks; Espruino has no await"],
  [/\bnew (Map|Set|WeakMap)\b|\bSymbol\b|\bReflect\b|\bProxy\b/, "Espruino has none of these"],
  [/\bBigInt\b|\b\d+n\b/, "two 32-bit words do what BigInt would"],
  [/\bconsole\b/, "the observer port carries events"],
  [/\bperformance\b/, "the clock port tells the time"],
  [/\bTextEncoder\b|\bTextDecoder\b/, "bytes.ts has utf8 and fromUtf8"],
  [/\bisSimulator\b/, "a simulated board is a board"],
  [/\bMath\.random\b/, "the random port rolls the dice"],
];

/** Files that are one platform's adapter by design, and say so in their first comment. */
const platformFiles: Record<string, string> = {
  "protocols/crypto-node.ts": "the crypto port over node:crypto",
};

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = [
    ...text.matchAll(/^(?:import|export|\})[^"']*\bfrom ["']([^"']+)["'];$/gm),
    ...text.matchAll(/\bimport\(["']([^"']+)["']\)/g),
  ];
  return found.map((match) => match[1]);
}

/** The code without comments and texts, as a parser sees it. */
function wordsOf(file: string): string {
  const code = transformSync(readFileSync(join(root, file), "utf8"), {
    loader: "ts",
    format: "esm",
    legalComments: "none",
  }).code;
  const words: string[] = [];
  parse(code, {
    ecmaVersion: "latest",
    sourceType: "module",
    onToken: (token) => {
      const quoted =
        token.type.label === "string" || token.type.label === "template" || token.type.label === "regexp";
      words.push(quoted ? '""' : code.slice(token.start, token.end));
    },
  });
  return words.join(" ").replace(/ \. /g, ".");
}

describe("the house", () => {
  it("imports one way only: protocols, boards, firmware; protocols, gateway", () => {
    const wrong: string[] = [];
    for (const file of sources) {
      const room = file.split("/")[0];
      const test = file.endsWith(".test.ts");
      for (const target of importsOf(file)) {
        if (target.startsWith(".")) {
          const targetRoom = normalize(join(dirname(file), target)).split("/")[0];
          const allowed =
            targetRoom === room ||
            mayImport[room]?.includes(targetRoom) ||
            (test && ["hil-tests", "protocols"].includes(targetRoom));
          if (!allowed) {
            wrong.push(`${file} imports ${target}`);
          }
        } else if (!test && packagesOf[room] !== undefined && !(file in platformFiles)) {
          if (!packagesOf[room].some((pattern) => pattern.test(target))) {
            wrong.push(`${file} imports the package ${target}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("keeps protocols/ and firmware/ free of whatever ties code to a platform", () => {
    const wrong: string[] = [];
    const core = shipped.filter(
      (file) => /^(protocols|firmware)\//.test(file) && !file.includes("/vectors/"),
    );
    for (const file of core) {
      if (file in platformFiles || file === "firmware/installation.ts") {
        continue;
      }
      const words = wordsOf(file);
      for (const [word, reason] of platformWords) {
        if (word.test(words)) {
          wrong.push(`${file} says ${word.exec(words)?.[0]}: ${reason}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("has at its top only the folders and files that were agreed", () => {
    const rooms = ["firmware", "gateway", "boards", "protocols", "hil-tests", "scripts"];
    const agreed = [
      "package.json",
      "package-lock.json",
      "tsconfig.json",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "SECURITY.md",
      "biome.json",
      "vitest.config.ts",
    ];
    const top = [...new Set(files.map((file) => file.split("/")[0]))];
    expect(
      top.filter((name) => !name.startsWith(".") && !rooms.includes(name) && !agreed.includes(name)),
    ).toEqual([]);
    expect(rooms.filter((room) => !existsSync(join(root, room, "README.md")))).toEqual([]);
  });

  it("names no machine's paths and no registry hosts", () => {
    const wrong = files
      .filter((file) => !file.endsWith("tidy.test.ts"))
      .filter((file) =>
        /\/(work|root)\/[a-z]|https?:\/\/(registry|deb)\./.test(readFileSync(join(root, file), "latin1")),
      );
    expect(wrong).toEqual([]);
    expect(readFileSync(join(root, "package-lock.json"), "utf8")).not.toContain('"resolved"');
  });

  it("locks every package of every platform, or npm ci would refuse a fresh clone", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    const missing = Object.values<{ optionalDependencies?: Record<string, string> }>(lock.packages)
      .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
      .filter((name) => lock.packages[`node_modules/${name}`]?.version === undefined);
    expect(missing).toEqual([]);
  });

  it("leaves nothing half done: no skipped suites without a reason, no notes to self", () => {
    const marks = [
      /\b(TODO|FIXME|XXX|HACK)\b/,
      /\b(it|test|describe)\.(only|todo)\b/,
      /@ts-(ignore|nocheck|expect-error)/,
    ];
    const wrong: string[] = [];
    for (const file of sources.filter((name) => !name.endsWith("tidy.test.ts"))) {
      readFileSync(join(root, file), "utf8")
        .split("\n")
        .forEach((line, index) => {
          if (marks.some((mark) => mark.test(line))) {
            wrong.push(`${file}:${index + 1} ${line.trim()}`);
          }
        });
    }
    expect(wrong).toEqual([]);
  });

  it("keeps files to one thought: none over 450 lines", () => {
    const long = shipped
      .filter((file) => !file.includes("/vectors/"))
      .map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").split("\n").length }))
      .filter(({ lines }) => lines > 450);
    expect(long).toEqual([]);
  });
});

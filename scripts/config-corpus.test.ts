import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TSchema } from "@sinclair/typebox";
import { describe, expect, it } from "vitest";
import { drivers } from "../firmware/drivers/index.ts";
import { installationSchema } from "../firmware/installation.ts";
import { loadConfig } from "../gateway/config/config-file.ts";
import { gatewaySchema } from "../gateway/config.ts";
import { type ProblemError, renderProblem } from "../gateway/problem.ts";

/** One mistake in a good config: the new text, the lines where a person would look for it, and what was meant. */
interface Mistake {
  readonly what: string;
  readonly text: string;
  readonly lines: readonly number[];
  readonly meant?: string;
}

const examples: readonly {
  readonly name: string;
  readonly schema: TSchema;
  readonly lines: readonly string[];
}[] = [
  { name: "gateway", schema: gatewaySchema, lines: linesOf("gateway/gateway.example.yaml") },
  { name: "device", schema: installationSchema(drivers), lines: linesOf("firmware/device.example.yaml") },
];

function linesOf(file: string): readonly string[] {
  return readFileSync(join(import.meta.dirname, "..", file), "utf8")
    .trimEnd()
    .split("\n");
}

/** A small generator, so that the corpus is the same on every machine. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

const letters = "abcdefghijklmnopqrstuvwxyz";

/** One edit: a letter left out, doubled by another, exchanged, or swapped with its neighbour. */
function typo(word: string, kind: number, pick: (below: number) => number): string {
  const at = pick(word.length);
  const letter = letters[pick(26)] ?? "x";
  const swapped = Math.min(at, word.length - 2);
  return [
    word.slice(0, at) + word.slice(at + 1),
    word.slice(0, at) + letter + word.slice(at),
    word.slice(0, at) + letter + word.slice(at + 1),
    word.slice(0, swapped) + word[swapped + 1] + word[swapped] + word.slice(swapped + 2),
  ][kind % 4]!;
}

const setting = /^(\s*(?:- )?)([A-Za-z]+):(?: (.*))?$/;

function mistakesIn(lines: readonly string[], seed: number): Mistake[] {
  const pick = numbers(seed);
  const found: Mistake[] = [];
  const change = (what: string, at: number, line: readonly string[], more: Partial<Mistake> = {}) => {
    const text = [...lines.slice(0, at), ...line, ...lines.slice(at + 1)].join("\n");
    found.push({ what, text: `${text}\n`, lines: [at + 1], ...more });
  };
  lines.forEach((line, at) => {
    const match = setting.exec(line);
    if (match === null) {
      return;
    }
    const [, lead = "", key = "", value] = match;
    for (let kind = 0; kind < 8; kind++) {
      const wrong = typo(key, kind, pick);
      if (wrong !== key && !lines.some((other) => setting.exec(other)?.[2] === wrong) && wrong !== "") {
        change(`key ${key} -> ${wrong}`, at, [line.replace(key, wrong)], { meant: key });
      }
    }
    if (value === undefined) {
      change("group as text", at, [`${lead}${key}: word`], { lines: [at + 1, at + 2] });
      change("group without colon", at, [`${lead}${key}`]);
      return;
    }
    for (const wrong of ["[1, 2]", "{ a: 1 }", "", "~", "@x", "*x", "&x 1", "!x 1", "x: y"]) {
      change(`value ${key} -> ${wrong}`, at, [`${lead}${key}: ${wrong}`]);
    }
    change("duplicate", at, [line, `${lead.replace("-", " ")}${key}: 1`], { lines: [at + 2] });
    change("unknown key", at, [line, `${lead.replace("-", " ")}zzqqxx: 1`], { lines: [at + 2] });
    change("open quote", at, [`${lead}${key}: "${value}`]);
    change("open single quote", at, [`${lead}${key}: '${value}`]);
    change("open bracket", at, [`${lead}${key}: [${value}`]);
    change("open brace", at, [`${lead}${key}: {${value}`]);
    change("no space", at, [`${lead}${key}:${value}`]);
    change("no colon", at, [`${lead}${key} ${value}`]);
    change("equals", at, [`${lead}${key} = ${value}`]);
    if (lead.includes("- ")) {
      change("no space after hyphen", at, [line.replace("- ", "-")]);
    } else if (lead !== "") {
      change("tab", at, [line.replace(/^\s+/, "\t")]);
      change("one space less", at, [line.slice(1)]);
    }
    change("one space more", at, [` ${line}`]);
    change("three spaces more", at, [`   ${line}`]);
    if (/^\d+$/.test(value)) {
      change("negative", at, [`${lead}${key}: -5`]);
      change("huge", at, [`${lead}${key}: 99999999999`]);
      change("fraction", at, [`${lead}${key}: 1.5`]);
      change("word for number", at, [`${lead}${key}: many`]);
      change("text for number", at, [`${lead}${key}: "${value}"`]);
    }
    if (/^\d+ (ms|s|min|h)$/.test(value)) {
      for (const wrong of ["20", "-1 s", "soon", "5 parsecs", "900000 d", "1,5 s"]) {
        change(`duration ${wrong}`, at, [`${lead}${key}: ${wrong}`]);
      }
    }
    if (/^\d+ [KMG]iB$/.test(value)) {
      for (const wrong of ["512", "512MB", "big", "1 B", "999999 GiB"]) {
        change(`size ${wrong}`, at, [`${lead}${key}: ${wrong}`]);
      }
    }
    if (["kind", "driver", "level", "format", "whenFull", "quantity"].includes(key)) {
      for (let kind = 0; kind < 8; kind++) {
        const wrong = typo(value, kind, pick);
        if (wrong !== value && !["mqtt", "file", "serial", "json", "cbor"].includes(wrong)) {
          change(`value ${value} -> ${wrong}`, at, [`${lead}${key}: ${wrong}`], { meant: value });
        }
      }
    }
    if (key === "listen" || key === "url") {
      for (const wrong of ["1883", "localhost", "http://x", "127.0.0.1:99999", "mqtt://u:p@host"]) {
        change(`address ${wrong}`, at, [`${lead}${key}: ${wrong}`]);
      }
    }
    if (["deployment", "credentials", "version"].includes(key)) {
      change(`missing ${key}`, at, [], { lines: [1, 2, 3, 4, 5] });
    }
    if (key === "port" || (key === "url" && lead === "  ") || key === "band") {
      const parent = lines.findLastIndex((other, i) => i < at && /^\s*- \w|^\w/.test(other)) + 1;
      change(`missing ${key}`, at, [], { lines: [parent] });
    }
  });
  return found;
}

/** Forbidden in front of people: names of system errors, stacks, unfilled gaps, words of the validator. */
const forbidden =
  /\bE[A-Z]{4,}\b|\bat \S+:\d+:\d+|node_modules|undefined|\[object|NaN|\{(?:key|value|about|known|example)\}|anyOf/;

for (const { name, schema, lines } of examples) {
  describe(`mistakes in ${name}.example.yaml`, () => {
    const file = `${name}.yaml`;
    const good = loadConfig(schema, { file, text: lines.join("\n") });
    const broken: { mistake: Mistake; problems: ReturnType<typeof problemsOf> }[] = [];
    const harmless = new Set<string>();
    for (const mistake of mistakesIn(lines, 7)) {
      const problems = problemsOf(mistake.text);
      if (problems === null) {
        harmless.add(`${mistake.what} @${mistake.lines}`);
      } else {
        broken.push({ mistake, problems });
      }
    }

    function problemsOf(text: string) {
      const result = loadConfig(schema, { file, text });
      return Array.isArray(result) ? (result as ProblemError[]) : null;
    }

    const share = (of: readonly boolean[]) => of.filter(Boolean).length / of.length;
    const lineOf = (problem: { where: unknown }) => (problem.where as { line: number }).line;

    function report(name: string, wrong: (one: (typeof broken)[number]) => boolean): void {
      if (process.env["CORPUS"] === undefined) {
        return;
      }
      const misses = broken.filter(wrong);
      console.log(`${name}: ${misses.length} of ${broken.length}`);
      for (const { mistake, problems } of misses.slice(0, Number(process.env["CORPUS"]))) {
        const told = problems?.map((one) => `${one.code}@${lineOf(one)} ${one.message}`).join(" | ");
        console.log(
          `   ${mistake.what} @${mistake.lines} "${mistake.text.split("\n")[mistake.lines[0]! - 1]}" => ${told}`,
        );
      }
    }

    it("the example itself is valid", () => {
      expect(Array.isArray(good)).toBe(false);
    });

    it("there are several hundred of them, and what is told is never a riddle", () => {
      expect(broken.length).toBeGreaterThan(500);
      if (process.env["CORPUS"] !== undefined) {
        console.log([...harmless]);
      }
      for (const { mistake, problems } of broken) {
        for (const lang of ["de", "en"] as const) {
          const text = problems?.map((one) => renderProblem(one, { lang, color: false })).join("\n") ?? "";
          expect(text.replace(/^ +\d+ \|.*$/gm, ""), mistake.what).not.toMatch(forbidden);
        }
      }
    });

    it("at least 98 of 100 are told on the right line", () => {
      const right = ({ mistake, problems }: (typeof broken)[number]) =>
        problems?.some((one) => mistake.lines.includes(lineOf(one))) === true;
      report("wrong line", (one) => !right(one));
      expect(share(broken.map(right))).toBeGreaterThanOrEqual(0.98);
    });

    it("at least 95 of 100 are told once", () => {
      const once = ({ problems }: (typeof broken)[number]) => problems?.length === 1;
      report("not once", (one) => !once(one));
      expect(share(broken.map(once))).toBeGreaterThanOrEqual(0.95);
    });

    it("at least 90 of 100 misspelt words are recognised", () => {
      const misspelt = broken.filter(({ mistake }) => mistake.meant !== undefined);
      const meant = ({ mistake, problems }: (typeof broken)[number]) =>
        problems?.some((one) =>
          one.hints.some((hint) => hint.parameters?.["suggestion"] === mistake.meant),
        ) === true;
      report("not recognised", (one) => one.mistake.meant !== undefined && !meant(one));
      expect(misspelt.length).toBeGreaterThan(100);
      expect(share(misspelt.map(meant))).toBeGreaterThanOrEqual(0.9);
    });
  });
}

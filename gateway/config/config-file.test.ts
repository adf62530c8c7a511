import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { gatewaySchema, lingerOf, readGatewayConfig } from "../config.ts";
import { type ProblemError, problemText, renderProblem } from "../problem.ts";
import { loadConfig, readConfig } from "./config-file.ts";
import { configTable } from "./config-table.ts";
import { choice, duration, group, kinds, list, name, path, size, text, whole } from "./schema.ts";
import { configMax } from "./yaml-source.ts";

const about = { en: "a thing", de: "ein Ding" };
const example = readFileSync(join(import.meta.dirname, "../gateway.example.yaml"), "utf8");

function problemsIn(text: string | Uint8Array): ProblemError[] {
  const result = loadConfig(gatewaySchema, { file: "gateway.yaml", text });
  return Array.isArray(result) ? result : [];
}

/** `code@line` of each problem. */
function told(text: string | Uint8Array): string[] {
  return problemsIn(text).map((error) => `${error.code}@${(error.where as { line: number }).line}`);
}

it("a small config is enough: everything else has a value", () => {
  const config = loadConfig(gatewaySchema, {
    file: "/etc/dreihasen/gateway.yaml",
    text: "version: 1\ndeployment: paderborn\nlinks: [{ kind: mqtt }]\nsinks: [{ kind: file, path: records.ndjson }]\n",
  });
  expect(config).toMatchObject({
    gateway: "gateway",
    spool: {
      folder: "/var/lib/dreihasen/spool",
      bytes: 512 * 1024 * 1024,
      days: 30,
      profile: "balanced",
      whenFull: "drop-oldest",
    },
    devices: "/var/lib/dreihasen/devices.d",
    links: [{ kind: "mqtt", listen: { host: "127.0.0.1", port: 1883 } }],
    sinks: [{ kind: "file", path: "/etc/dreihasen/records.ndjson" }],
    health: { listen: { host: "127.0.0.1", port: 9464 } },
    log: { level: "info" },
  });
});

it("a profile says how long messages wait to be written together, unless a figure does", () => {
  const waits = (spool: string) => {
    const text = `version: 1\ndeployment: a\nspool: { ${spool} }\nlinks: [{ kind: mqtt }]\nsinks: [{ kind: file, path: a }]\n`;
    const config = loadConfig(gatewaySchema, { file: "/gateway.yaml", text });
    return Array.isArray(config) ? config : lingerOf(config.spool);
  };
  expect(["profile: balanced", "profile: sd-saver", "profile: fast", "days: 3"].map(waits)).toEqual([
    20, 100, 0, 20,
  ]);
  expect(waits("linger: 2 s")).toBe(2000);
  expect(waits("profile: sd-saver, linger: 0 ms")).toBe(0);
});

it("ten mistakes give ten problems, in the order of the lines", () => {
  const text = [
    "version: 2", // 1 not allowed
    "deploymnt: paderborn", // 2 misspelt, not missing as well
    "spool:",
    "  bytes: 512MB", // 4 unit
    "  days: 0", // 5 range
    "  lingr: 20 ms", // 6 misspelt
    "links:",
    "  - kind: mqqt", // 8 unknown kind
    "  - kind: serial",
    "    prot: /dev/ttyUSB0", // 10 misspelt
    "    baud: fast", // 11 not a number
    "sinks:",
    "  - kind: file", // 13 path is missing
    "    name: notebook",
    "log:",
    "\tlevel: info", // 16 tab
    "foo: bar", // 17 unknown
    "",
  ].join("\n");
  const expected =
    "CFG-006@1 CFG-003@2 CFG-008@4 CFG-007@5 CFG-003@6 CFG-006@8 CFG-003@10 CFG-005@11 CFG-004@13 CFG-010@16 CFG-003@17";
  expect(told(text).join(" ")).toBe(expected);
});

it("mistakes of form in different places are all told, and each once", () => {
  const text = example
    .replace("bytes: 512 MiB", "bytes 512 MiB")
    .replace("level: info", "levle: info")
    .replace("listen: 127.0.0.1:9464", 'listen: "127.0.0.1:9464')
    .replace("failures: 64", "failures: sixty");
  expect(told(text)).toEqual(["CFG-022@12", "CFG-018@52", "CFG-003@55", "CFG-005@58"]);
});

it("a key at the wrong indentation is told where it stands, with where it belongs", () => {
  const problems = problemsIn(
    example.replace("    path: ./records.ndjson\n", "").replace("health:", "path: ./x\nhealth:"),
  );
  expect(problems.map((error) => error.code)).toEqual(["CFG-003"]);
  expect(problemText(problems[0]!, "de").what).toContain("Er gehört zu „sinks“: prüfen Sie die Einrückung.");
});

it("a key that stands twice is told at the second, with the line of the first", () => {
  const [error] = problemsIn(example.replace("gateway: rathaus", "gateway: rathaus\ndeployment: other"));
  expect(error).toMatchObject({ code: "CFG-009", parameters: { key: "deployment", line: 6 } });
});

it("a key of another kind is told as such", () => {
  const [error, ...more] = problemsIn(example.replace("files: 8", "url: mqtt://a.example"));
  expect(problemText(error!, "en").what).toBe("Unknown key “url”. It belongs to another kind than this one.");
  expect(more).toEqual([]);
});

it("an open quotation mark or bracket is told where it opens, whatever is closed before it", () => {
  const closed = example
    .replace("gateway: rathaus", 'gateway: "rathaus"')
    .replace("log:\n  level: info", "log: { level: info }");
  expect(told(closed)).toEqual([]);
  const lines = closed.split("\n");
  const last = lines.findIndex((line) => line.includes("failures"));
  expect(told(closed.replace("failures: 64", 'failures: "64'))).toEqual([`CFG-018@${last + 1}`]);
  expect(told(closed.replace("failures: 64", "failures: [64"))).toEqual([`CFG-018@${last + 1}`]);
  expect(told(closed.replace("days: 30", "days: '30"))).toEqual(["CFG-018@13"]);
});

it("two sinks may not share a name", () => {
  expect(told(example.replace("name: notebook", "name: city"))).toEqual(["CFG-015@47"]);
});

it("what a setting needs beside it is asked for", () => {
  expect(
    problemsIn(example.replace("    passwordFile: ./broker-password\n", "    keyFile: a.pem\n")).map(
      (e) => e.code,
    ),
  ).toContain("CFG-021");
});

it("a number without a unit and a foreign unit are told with the value that was meant", () => {
  const suggestion = (from: string, to: string) =>
    problemsIn(example.replace(from, to))[0]?.hints[0]?.parameters?.["suggestion"];
  expect(suggestion("profile: balanced", "linger: 20")).toBe("20 s");
  expect(suggestion("profile: balanced", "linger: 20 msec")).toBe("20 ms");
  expect(suggestion("bytes: 512 MiB", "bytes: 512mb")).toBe("512 MiB");
  expect(suggestion("bytes: 512 MiB", "bytes: 512 gib")).toBe("512 GiB");
  expect(suggestion("listen: 127.0.0.1:9464", "listen: 9464")).toBe("127.0.0.1:9464");
  expect(suggestion("deployment: paderborn", "deployment: Bad Driburg")).toBe("bad-driburg");
});

it("a password in a broker's URL is refused", () => {
  expect(told(example.replace("mqtts://broker", "mqtts://user:secret@broker"))).toEqual(["CFG-008@41"]);
});

it("anchors, aliases and tags are refused, so that a few lines cannot stand for gigabytes", () => {
  expect(told("a: &a [x, x]\nb: &b [*a, *a]\nversion: *b\n")).toContain("CFG-013@3");
  expect(told(example.replace("gateway: rathaus", "gateway: !!str rathaus"))).toEqual(["CFG-013@7"]);
  expect(told(example.replace("spool:", "spool: &s"))).toEqual(["CFG-013@10"]);
});

it("text that is not UTF-8 is told with its line, column and byte", () => {
  const [head, tail] = example.split("gateway: rathaus");
  const latin1 = Buffer.concat([
    Buffer.from(`${head}gateway: M`),
    Buffer.from([0xfc]),
    Buffer.from(`nster${tail}`),
  ]);
  const [error, ...more] = problemsIn(latin1);
  expect(error).toMatchObject({
    code: "CFG-011",
    where: { line: 7, column: 11 },
    parameters: { byte: "FC" },
  });
  expect(more).toEqual([]);
  expect(told(Buffer.from(example, "utf16le"))).toEqual(["CFG-011@1"]);
});

it("an empty file says what it needs", () => {
  for (const text of ["", "\n\n", "# only a comment\n", "---\n"]) {
    expect(told(text)).toEqual(["CFG-016@1"]);
  }
});

it("a second document is refused", () => {
  expect(told(`${example}---\nversion: 1\n`)).toEqual([`CFG-014@${example.split("\n").length}`]);
});

it("a file that is too large, too deep or no config at all is told at once", () => {
  expect(told("#".repeat(configMax + 1))).toEqual(["CFG-012@1"]);
  expect(told(`version: ${"[".repeat(500_000)}`)).toEqual(["CFG-019@1"]);
  expect(told("- ".repeat(400_000))).toEqual(["CFG-019@1"]);
  expect(told("hello")).toEqual(["CFG-005@1"]);
  expect(told("[1, 2]")).toEqual(["CFG-005@1"]);
  expect(told("42")).toEqual(["CFG-005@1"]);
});

it("a value that wraps to the next line is told there", () => {
  expect(told(example.replace("deployment: paderborn", "deployment: pader\n  born"))).toEqual(["CFG-002@7"]);
});

it("any bytes give a value or problems that can be shown in both languages, never an exception", () => {
  const show = (text: string | Uint8Array) => {
    for (const error of problemsIn(text)) {
      for (const lang of ["de", "en"] as const) {
        expect(renderProblem(error, { lang, color: false })).not.toMatch(/undefined|\bat .*\.ts/);
      }
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), show), { numRuns: 300 });
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."ab:-[]{}\"'#&*!|>%@`,? \n\t"), maxLength: 60 }), show),
    { numRuns: 1500 },
  );
  const bytes = Buffer.from(example);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(60), (at, value, cut) => {
      const broken = Buffer.from(bytes);
      broken[at] = value;
      show(Buffer.concat([broken.subarray(0, at), broken.subarray(at + (cut % 3))]));
    }),
    { numRuns: 400 },
  );
});

it("every prefix of a config gives a value or problems", () => {
  for (let length = 0; length <= example.length; length += 3) {
    const result = loadConfig(gatewaySchema, { file: "x", text: example.slice(0, length) });
    expect(Array.isArray(result) ? result.length : Object.keys(result).length).toBeGreaterThan(0);
  }
});

it("keys that every object has are unknown keys like others", () => {
  for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    expect(told(`${example}${key}: 1\n`)).toEqual([`CFG-003@${example.split("\n").length}`]);
  }
});

it("a file that is missing or unreadable is a problem with its name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-config-"));
  const codes = async (file: string) => {
    const result = await readGatewayConfig(file);
    return Array.isArray(result) ? result.map((error) => error.code) : "good";
  };
  expect(await codes(join(folder, "gateway.yaml"))).toEqual(["FIL-066"]);
  expect(await codes(folder)).toEqual(["FIL-071"]);
  expect(await codes("/dev/zero")).toEqual(["CFG-012"]);
  writeFileSync(join(folder, "gateway.yaml"), example);
  expect(await codes(join(folder, "gateway.yaml"))).toBe("good");
  rmSync(folder, { recursive: true });
});

it("a new kind is one entry in a registry", () => {
  const one = {
    kind: "one",
    schema: group({ wait: duration({ about, least: "1 s", most: "1 min" }) }, { about }),
  } as const;
  const two = { kind: "two", schema: group({ room: size({ about, default: "1 KiB" }) }, { about }) } as const;
  const schema = group({ things: list(kinds([one, two], { about }), { about, maxItems: 3 }) }, { about });
  const config = loadConfig(schema, {
    file: "x",
    text: "things:\n  - kind: two\n  - wait: 20 s\n    kind: one\n",
  });
  if (Array.isArray(config)) {
    throw config[0];
  }
  const seconds: number[] = config.things.map((thing) => (thing.kind === "one" ? thing.wait : thing.room));
  expect(seconds).toEqual([1024, 20000]);
  const problems = loadConfig(schema, {
    file: "x",
    text: "things:\n  - wait: 2 h\n    kind: one\n  - kind: three\n  - knd: one\n  - {}\n",
  });
  expect(Array.isArray(problems) && problems.map((error) => error.code)).toEqual(["CFG-017"]);
});

it("keys of which exactly one is needed are told when none or two are there", () => {
  const schema = group(
    {
      a: text({ about, default: "x" }),
      b: whole({ about, minimum: 0, maximum: 9, default: 1 }),
      c: name({ about, default: "c" }),
    },
    { about, exactlyOne: [["a", "b"]] },
  );
  const codes = (yaml: string) => {
    const result = loadConfig(schema, { file: "x", text: yaml });
    return Array.isArray(result) ? result.map((error) => error.code) : [];
  };
  expect(codes("c: d")).toEqual(["CFG-020"]);
  expect(codes("a: y\nb: 2")).toEqual(["CFG-020"]);
  expect(codes("b: 2")).toEqual([]);
});

it("paths start at the config's folder, and may be absolute", () => {
  const schema = group({ a: path({ about }), b: path({ about }) }, { about });
  expect(loadConfig(schema, { file: "/etc/x/y.yaml", text: "a: ../z\nb: /q" })).toEqual({
    a: "/etc/z",
    b: "/q",
  });
});

it("nothing of a file with a secret is shown", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-config-"));
  const schema = group(
    { key: choice(["a", "b"], { about }), n: whole({ about, minimum: 0, maximum: 1 }) },
    { about },
  );
  writeFileSync(join(folder, "x.yaml"), "key: hushhush\nn hushhush\nhushhushes: 'hushhush\n");
  const problems = await readConfig(schema, join(folder, "x.yaml"), true);
  const texts = (Array.isArray(problems) ? problems : []).map((error) =>
    renderProblem(error, { lang: "en", color: false }),
  );
  expect(texts.length).toBeGreaterThan(1);
  expect(texts.join("\n")).not.toMatch(/hushhush\b/);
  rmSync(folder, { recursive: true });
});

it("the table of the docs has a row for each key, in both languages", () => {
  const de = configTable(gatewaySchema, "de").split("\n");
  const en = configTable(gatewaySchema, "en").split("\n");
  expect(de.length).toBe(en.length);
  expect(de[0]).toBe("| Schlüssel | Wert | Vorgabe | Bedeutung |");
  expect(en).toContain(
    "| `spool.days` | a whole number, 1 to 3650 | `30` | Days after which undelivered messages are given up |",
  );
  expect(en.some((row) => row.startsWith("| `links[](serial).port` |"))).toBe(true);
  expect(en.every((row) => row.split(/(?<!\\)\|/).length === 6)).toBe(true);
});

it("the value a problem suggests for a missing key works", () => {
  for (const key of ["version", "deployment", "links", "sinks"]) {
    const lines = [
      "version: 1",
      "deployment: x",
      "links: [{ kind: mqtt }]",
      "sinks: [{ kind: file, path: x }]",
    ];
    const without = lines.filter((line) => !line.startsWith(`${key}:`));
    const [error] = problemsIn(without.join("\n"));
    expect(problemsIn([...without, String(error?.parameters["example"])].join("\n"))).toEqual([]);
  }
});

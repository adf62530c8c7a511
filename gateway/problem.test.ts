import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { faultText, type ProblemCode, ProblemError, problem, problemText, renderProblem } from "./problem.ts";
import { problemOfSystemError } from "./system-error.ts";
import { de } from "./words/de.ts";
import { en } from "./words/en.ts";
import { language, say, type WordKey } from "./words/words.ts";

const keys = Object.keys(en) as WordKey[];
const codes = keys
  .filter((key) => /^[A-Z]{3}-\d+\.what$/.test(key))
  .map((key) => key.slice(0, 7) as ProblemCode);

function gaps(text: string): string[] {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ""))].sort();
}

it("every problem has what, why and next in both languages, and an exit code of the contract", () => {
  expect(codes.length).toBeGreaterThan(60);
  for (const code of codes) {
    for (const table of [en, de] as const) {
      for (const part of ["what", "why", "next"] as const) {
        expect(table[`${code}.${part}`], `${code}.${part}`).toMatch(/\S/);
      }
    }
    expect([1, 64, 65, 66, 69, 74, 75, 77], code).toContain(new ProblemError(code, {}).exit);
  }
});

it("a sentence asks for the same values in both languages", () => {
  for (const key of keys) {
    expect(gaps(de[key]), key).toEqual(gaps(en[key]));
  }
});

it("German addresses people as “Sie” and uses its own quotation marks", () => {
  for (const key of keys) {
    expect(de[key], key).not.toMatch(/\b(du|dein|deine|dir|dich)\b|“[^„]*”|"\w/);
    expect(en[key], key).not.toMatch(/„/);
  }
});

it("a problem shows where, what, why and what to do next, with a caret below the mistake", () => {
  const where = { file: "gateway.yaml", line: 6, column: 5 };
  const error = problem(
    "CFG-003",
    { key: "baudrate", known: ["port", "baud"] },
    {
      where,
      excerpt: { text: "    baudrate: 9600", length: 8 },
      hints: [{ word: "hint.didYouMean", parameters: { suggestion: "baud" } }],
    },
  );
  expect(renderProblem(error, { lang: "de", color: false }).split("\n")).toEqual([
    "Fehler CFG-003  gateway.yaml:6:5",
    "  Unbekannter Schlüssel „baudrate“. Meinten Sie „baud“?",
    "    6 |     baudrate: 9600",
    "      |     ^^^^^^^^",
    "  Warum: Ein unbekannter Schlüssel bliebe ohne Wirkung, darum ist er ein Fehler.",
    "  Weiter: Berichtigen oder löschen Sie den Schlüssel. Hier bekannt: port oder baud.",
  ]);
  expect(renderProblem(error, { lang: "en", color: true })).toContain("\u001b[31mProblem CFG-003\u001b[0m");
  expect(problemText(error, "en").where).toBe("gateway.yaml:6:5");
  expect(error.exit).toBe(65);
});

it("a long line is shown around the mistake", () => {
  const where = { file: "a.yaml", line: 1, column: 301 };
  const excerpt = { text: `${"x".repeat(300)}wrong${"y".repeat(300)}`, length: 5 };
  const lines = renderProblem(problem("CFG-002", {}, { where, excerpt }), { lang: "en", color: false }).split(
    "\n",
  );
  const at = lines[3]?.indexOf("^") ?? -1;
  expect(lines[2]?.slice(at, at + 5)).toBe("wrong");
  expect(lines[2]?.length).toBeLessThan(110);
});

it("control characters from a file cannot command the terminal", () => {
  const error = problem("CFG-003", { key: "\u001b[2J\u202egone\u0007", known: ["a"] });
  const text = renderProblem(error, { lang: "en", color: false });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u001b\u202e]/);
});

it("values cannot smuggle gaps into a sentence", () => {
  expect(say("en", "CFG-003.what", { key: "{known}", known: "secret" })).toBe("Unknown key “{known}”.");
});

it("the language is the option's, else the locale's, else English", () => {
  expect(language({ LANG: "de_DE.UTF-8" })).toBe("de");
  expect(language({ LANG: "de_DE.UTF-8", LC_ALL: "C" })).toBe("en");
  expect(language({ LANG: "en_GB", LC_MESSAGES: "de_AT" })).toBe("de");
  expect(language({ LANG: "den_CA" })).toBe("en");
  expect(language({ LANG: "de_DE" }, "en")).toBe("en");
  expect(language({})).toBe("en");
});

it("a fault tells what it means and what to do next", () => {
  expect(faultText("bad-tag", "de").means).toContain("gefälscht");
  for (const lang of ["en", "de"] as const) {
    // A fault is that of a meter on a bus, in the air or in a network as well.
    expect(faultText("silent", lang).next).not.toMatch(/optical|Lesekopf|PIN/);
    expect(faultText("truncated", lang).next).toMatch(/antenna|Antenne/);
  }
});

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return null;
}

it("errors of the file system become problems that name the file", () => {
  const missing = problemOfSystemError(
    caught(() => readFileSync("/nowhere/gateway.yaml")),
    "/nowhere/gateway.yaml",
  );
  expect(missing.code).toBe("FIL-066");
  expect(missing.exit).toBe(66);
  expect(
    problemOfSystemError(
      caught(() => readFileSync("/tmp")),
      "/tmp",
    ).code,
  ).toBe("FIL-071");
  expect(
    problemOfSystemError(
      caught(() => readFileSync("/etc/hostname/x")),
      "/etc/hostname/x",
    ).code,
  ).toBe("FIL-070");
});

it("a refused connection and a taken address are told apart", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const taken = await new Promise<unknown>((resolve) => {
    createServer().once("error", resolve).listen(port, "127.0.0.1");
  });
  expect(problemOfSystemError(taken, `127.0.0.1:${port}`).code).toBe("NET-075");
  await new Promise((resolve) => server.close(resolve));
  const refused = await new Promise<unknown>((resolve) => {
    connect(port, "127.0.0.1").once("error", resolve);
  });
  expect(problemOfSystemError(refused, `127.0.0.1:${port}`)).toMatchObject({ code: "NET-069", exit: 69 });
});

it("no text for people ever holds a stack or the system's name of an error", () => {
  const names =
    "ENOENT EACCES EPERM EBUSY ENOSPC EROFS EADDRINUSE ECONNREFUSED ENOTFOUND ETIMEDOUT EMFILE EIO EWHATEVER ELOOP".split(
      " ",
    );
  for (const code of names) {
    for (const where of ["/dev/ttyUSB0", "/etc/x.yaml", "mqtts://broker.city.example:8883"]) {
      const error = Object.assign(new Error(`${code}: something happened, open '${where}'`), { code });
      for (const lang of ["de", "en"] as const) {
        const text = renderProblem(problemOfSystemError(error, where), { lang, color: false });
        expect(text).not.toMatch(/\bE[A-Z]{3,}\b|\bat .*\.ts:|undefined|\{\w+\}/);
      }
    }
  }
  expect(problemOfSystemError(undefined, "x").code).toBe("BUG-001");
});

it("serialport's texts become the four problems of a port", () => {
  const of = (text: string) => problemOfSystemError(new Error(text), "/dev/ttyUSB0").code;
  expect(of("Error: Permission denied, cannot open /dev/ttyUSB0")).toBe("SER-077");
  expect(of("Error: Resource temporarily unavailable, Cannot lock port")).toBe("SER-075");
  expect(of("Error: No such file or directory, cannot open /dev/ttyUSB0")).toBe("SER-066");
});

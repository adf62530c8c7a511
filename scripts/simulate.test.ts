import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { reader } from "../hil-tests/meters/reader.ts";
import { has, until } from "../hil-tests/programs.ts";
import { isFault } from "../protocols/fault.ts";
import { sml } from "../protocols/sml.ts";
import { hasen } from "./hasen.ts";
import { simulateCommand } from "./simulate.ts";
import type { SimulateOrder } from "./simulate-order.ts";

function streams() {
  const all = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  return { all, out: () => all.stdout.read() as Buffer | null, err: () => String(all.stderr.read() ?? "") };
}

async function run(...args: string[]) {
  const { all, out, err } = streams();
  const exit = await hasen(["--lang", "en", "simulate", ...args], all);
  return { exit, stdout: out() ?? Buffer.alloc(0), stderr: err() };
}

const usual = { language: "sml", noise: 0, seed: 1, speed: 1, once: false, lang: "en" } as const;

/** Starts one at a pseudo-terminal; resolves when it has said where. */
async function started(order: Partial<SimulateOrder>) {
  const stop = new AbortController();
  const { all, err } = streams();
  const ended = simulateCommand({ ...usual, ...order, stop: stop.signal }, all);
  const [path] = (
    await new Promise<string>((resolve) => all.stdout.once("data", (text) => resolve(String(text))))
  ).split("\n");
  return { path: path!, said: err(), stop: () => stop.abort(), ended };
}

describe("hasen simulate", () => {
  it("gives one telegram on standard output with --once", async () => {
    const { exit, stdout } = await run("sml", "--once");
    expect(exit).toBe(0);
    expect(sml.decoder().push(stdout)).toMatchObject([{ offset: 0 }]);
  });

  it("damages what the noise says, the same way for the same seed", async () => {
    const [clean, a, b] = await Promise.all([
      run("sml", "--once"),
      run("sml", "--once", "--noise", "0.1", "--seed", "1"),
      run("sml", "--once", "--noise", "0.1", "--seed", "1"),
    ]);
    expect(a.stdout.length).toBeLessThan(clean.stdout.length);
    expect(a.stdout).toEqual(b.stdout);
  });

  it.each([
    ["an unknown language", ["smk"], "USE-002", "sml"],
    ["an unknown profile", ["sml", "--profile", "ehm"], "USE-002", "emh"],
    ["a noise that is none", ["sml", "--noise", "2"], "USE-002", "0 to 1"],
    ["one telegram of a meter that waits", ["mbus", "--once"], "SIM-064", "--once"],
  ])("tells %s with what there is", async (_what, args, code, word) => {
    const { exit, stderr } = await run(...args);
    expect(exit).toBe(64);
    expect(stderr).toContain(code);
    expect(stderr).toContain(word);
  });

  it("tells a port that is not there", async () => {
    const { exit, stderr } = await run("sml", "--port", "/dev/ttyNotThere");
    expect(exit).toBe(66);
    expect(stderr).toContain("/dev/ttyNotThere");
  });

  it.skipIf(!has("socat") && !has("python3"))(
    "speaks at a pseudo-terminal, says where and what to type next, and ends in order (needs socat or python3)",
    async () => {
      const { path, said, stop, ended } = await started({ profile: "iskra" });
      expect(said).toContain(`hasen decode sml ${path}`);
      expect(said).toContain("Ctrl-C");
      const port = await reader({ path, kind: "socat" });
      const good = () =>
        sml
          .decoder()
          .push(port.received())
          .filter((one) => !isFault(one)).length;
      await until("two telegrams have come", () => good() >= 2, 20_000);
      await port.close();
      stop();
      expect(await ended).toBe(0);
    },
  );

  it.skipIf(!has("socat") && !has("python3"))(
    "waits to be asked where the meter does, and answers (needs socat or python3)",
    async () => {
      const { path, said, stop, ended } = await started({ language: "d0", profile: "modeA" });
      expect(said).toContain("until it is asked");
      const port = await reader({ path, kind: "socat" });
      port.send(Buffer.from("/?!\r\n"));
      await until(
        "it has answered",
        () => /XYZ METER/.test(Buffer.from(port.received()).toString("latin1")),
        20_000,
      );
      await port.close();
      stop();
      expect(await ended).toBe(0);
    },
  );
});

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, expect, it } from "vitest";
import { has, until } from "../hil-tests/programs.ts";
import { problemText } from "./problem.ts";
import { diagnosePort, lastingName } from "./serial-port.ts";

const folders: string[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill();
    await once(child, "exit");
  }
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-port-"));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

/** A pair of pseudo-terminals, as an adapter and what is at its other end. */
async function ptys(folder: string): Promise<{ near: string; far: string }> {
  const near = join(folder, "near");
  const far = join(folder, "far");
  const ends = [`pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`];
  children.push(spawn("socat", ends, { stdio: "ignore" }));
  await until("socat makes its ports", () => existsSync(near) && existsSync(far), 5000);
  return { near, far };
}

/** A /dev with these adapters under their lasting names. */
function devWith(folder: string, adapters: Readonly<Record<string, string>>) {
  const byId = join(folder, "dev/serial/by-id");
  mkdirSync(byId, { recursive: true });
  for (const [name, target] of Object.entries(adapters)) {
    symlinkSync(target, join(byId, name));
  }
  const groups = join(folder, "group");
  writeFileSync(groups, "root:x:0:\ndialout:x:20:\nwaiting:x:21:nobody\n");
  return { dev: join(folder, "dev"), proc: "/proc", groups };
}

const hasSocat = has("socat");
const socat = hasSocat ? "" : " (skipped: socat is not installed)";

it("without any adapter the problem asks for plug and cable", async () => {
  const folder = newFolder();
  const error = await diagnosePort("/dev/serial/by-id/none", undefined, devWith(folder, {}));
  expect(error).toMatchObject({ code: "SER-067", exit: 66 });
  expect(problemText(error, "de").next).toContain("Datenkabel");
});

it("a missing port is told with those that are there and the nearest of them", async () => {
  const folder = newFolder();
  const here = devWith(folder, {
    "usb-1a86_USB_Serial-if00-port0": "/dev/null",
    "usb-FTDI_FT232R_A1-if00-port0": "/dev/zero",
  });
  const error = await diagnosePort(
    `${here.dev}/serial/by-id/usb-1a86_USB_Serial-if00-port1`,
    undefined,
    here,
  );
  expect(error).toMatchObject({ code: "SER-066", exit: 66 });
  const text = problemText(error, "en");
  expect(text.what).toContain(`Did you mean “${here.dev}/serial/by-id/usb-1a86_USB_Serial-if00-port0”?`);
  expect(text.why).toContain("usb-FTDI_FT232R_A1-if00-port0");
});

it("a port's lasting name is its adapter's, or its socket's where the chip has no number of its own", async () => {
  const folder = newFolder();
  const here = devWith(folder, {
    "usb-1a86_USB_Serial-if00-port0": "/dev/null",
    "usb-FTDI_FT232R_A1-if00-port0": "/dev/zero",
  });
  const byPath = join(here.dev, "serial/by-path");
  mkdirSync(byPath);
  symlinkSync("/dev/null", join(byPath, "pci-usb-0:2:1.0-port0"));
  symlinkSync("/dev/zero", join(byPath, "pci-usb-0:3:1.0-port0"));
  expect(await lastingName("/dev/null", here)).toBe(join(byPath, "pci-usb-0:2:1.0-port0"));
  expect(await lastingName("/dev/zero", here)).toBe(
    join(here.dev, "serial/by-id/usb-FTDI_FT232R_A1-if00-port0"),
  );
  expect(await lastingName("/dev/full", here)).toBeNull();
});

it("a file or a folder is no port", async () => {
  const folder = newFolder();
  const here = devWith(folder, {});
  expect((await diagnosePort(folder, undefined, here)).code).toBe("SER-068");
  expect(problemText(await diagnosePort(here.groups, undefined, here), "de").why).toBe("Es ist eine Datei.");
});

it.skipIf(!hasSocat)(`a busy port is told with the program and process that hold it${socat}`, async () => {
  const { near } = await ptys(newFolder());
  const holder = spawn("sh", ["-c", `exec sleep 60 <${realpathSync(near)}`], { stdio: "ignore" });
  children.push(holder);
  await until("the holder has the port", async () => {
    return (
      (await diagnosePort(near)).code === "SER-075" &&
      JSON.stringify(await diagnosePort(near)).includes("sleep")
    );
  });
  const error = await diagnosePort(near, new Error("Resource temporarily unavailable, Cannot lock port"));
  expect(error).toMatchObject({ code: "SER-075", exit: 75 });
  expect(problemText(error, "en").why).toContain(`sleep (process ${holder.pid})`);
});

it.skipIf(!hasSocat)(
  `a port that is there, allowed and free has failed if it cannot be opened${socat}`,
  async () => {
    const { near } = await ptys(newFolder());
    expect((await diagnosePort(near, new Error("Input/output error"))).code).toBe("SER-074");
  },
);

const canDrop = process.getuid?.() === 0 && has("setpriv") && hasSocat;
const dropped = canDrop ? "" : " (skipped: needs root, setpriv and socat)";

it.skipIf(!canDrop)(
  `a forbidden port is told with its group and the command that helps${dropped}`,
  async () => {
    const folder = newFolder();
    const { near } = await ptys(folder);
    const port = realpathSync(near);
    const here = devWith(folder, { "usb-adapter": port });
    const script = join(folder, "diagnose.mjs");
    await build({
      entryPoints: [join(import.meta.dirname, "serial-port.ts")],
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: script,
      logLevel: "silent",
      footer: {
        js: `const [port, dev, groups] = process.argv.slice(2);
        const error = await diagnosePort(port, undefined, { dev, proc: "/proc", groups });
        console.log(JSON.stringify({ code: error.code, exit: error.exit, text: problemText2(error) }));
        function problemText2(error) { return [error.parameters, error.steps]; }`,
      },
    });
    const asNobody = () => {
      const run = [
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        process.execPath,
        script,
        near,
        here.dev,
        here.groups,
      ];
      const result = spawnSync("setpriv", run, { encoding: "utf8" });
      expect(result.stderr).toBe("");
      return JSON.parse(result.stdout);
    };
    chmodSync(port, 0o660);
    chownSync(port, 0, 20);
    expect(asNobody()).toMatchObject({
      code: "SER-077",
      exit: 77,
      text: [{ group: "dialout" }, []],
    });
    chownSync(port, 0, 21);
    expect(asNobody()).toMatchObject({ code: "SER-078", exit: 77 });
    chmodSync(port, 0o600);
    expect(asNobody()).toMatchObject({ code: "SER-079", text: [{ owner: "root" }, []] });
    chmodSync(port, 0o666);
    expect(asNobody().code).not.toMatch(/SER-07[789]/);
  },
);

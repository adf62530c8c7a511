import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listPorts } from "../../gateway/serial-port.ts";
import { freePort, has, until } from "../programs.ts";
import { type Ended, hasen, unreadable } from "./hasen.ts";

/** The user nobody, of no group: whom a port's rights keep out. Only root can become somebody else. */
const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const mayChange = process.getuid?.() === 0 && has("setpriv");
const mayMake = mayChange && makePort(join(tmpdir(), `dreihasen-port-${process.pid}`), true);

let folder: string;
let line: string;
let socat: ChildProcess | null = null;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dreihasen-port-"));
  chmodSync(folder, 0o755);
  line = join(folder, "line");
  if (has("socat")) {
    socat = spawn("socat", [`pty,rawer,link=${line}`, `pty,rawer,link=${line}-far`]);
    await until("socat has made the line", () => existsSync(line), 30_000);
  }
});
afterAll(() => {
  socat?.kill();
  rmSync(folder, { recursive: true });
});

/** Makes what looks like a serial port; false where this user may not. */
function makePort(path: string, onlyTry = false): boolean {
  // 4,64 is the number of /dev/ttyS0; whether there is one does not matter, for nobody gets so far.
  const { status } = spawnSync("mknod", ["-m", "660", path, "c", "4", "64"]);
  if (onlyTry) {
    rmSync(path, { force: true });
  }
  return status === 0;
}

/** `hasen device run` with the meter at one port and the gateway at another. */
async function device(
  meter: string,
  link = meter,
  under: readonly string[] = [],
  lang = "en",
): Promise<Ended> {
  const home = mkdtempSync(join(folder, "device-"));
  const key = join(home, "key.yaml");
  writeFileSync(
    key,
    `version: 1\ndeployment: paderborn\ndevice: urn:dev:ops:pb-a-1\nkid: 3\nalg: ccm\nkey: "${"0f".repeat(16)}"\n`,
    { mode: 0o600 },
  );
  writeFileSync(
    join(home, "device.yaml"),
    `version: 1
credentials: ./key.yaml
board: test
link: { kind: serial, port: ${link} }
sensors: [{ driver: sml-meter, port: ${meter}, interval: 1 s }]
storage: ./storage
`,
  );
  if (under.length > 0) {
    chownSync(home, 65534, 65534);
    chownSync(key, 65534, 65534);
  }
  return hasen(["--lang", lang, "device", "run", "--config", join(home, "device.yaml")], {
    cwd: home,
    under,
  });
}

/** `hasen gateway --check` with this serial link: a running gateway starts all the same, and takes the port when it comes. */
async function gateway(port: string, under: readonly string[] = []): Promise<Ended> {
  const home = mkdtempSync(join(folder, "gateway-"));
  writeFileSync(
    join(home, "gateway.yaml"),
    `version: 1
deployment: paderborn
gateway: test
spool: { folder: ./spool, bytes: 4 MiB }
devices: ./devices.d
links: [{ kind: serial, port: ${port} }]
sinks: [{ kind: file, name: notebook, path: ./records.ndjson }]
health: { listen: "127.0.0.1:${await freePort()}" }
`,
  );
  if (under.length > 0) {
    chownSync(home, 65534, 65534);
  }
  return hasen(["gateway", "--check", "--config", join(home, "gateway.yaml")], { cwd: home, under });
}

function isTold({ code, stderr }: Ended, problem: string, exit: number, ...words: readonly string[]): void {
  expect(stderr).toContain(problem);
  for (const word of words) {
    expect(stderr).toContain(word);
  }
  expect(stderr).not.toMatch(unreadable);
  expect(code).toBe(exit);
}

describe("a serial port", () => {
  it("that is missing is told, with what is there instead or that nothing is plugged in", async () => {
    const code = (await listPorts()).length === 0 ? "SER-067" : "SER-066";
    const name = join(folder, "ttyNotThere");
    const [fromDevice, german, fromGateway] = await Promise.all([
      device(name),
      device(name, name, [], "de"),
      gateway(name),
    ]);
    isTold(fromDevice, code, 66, name, "Next: ");
    isTold(german, code, 66, name, "Weiter: ");
    isTold(fromGateway, code, 66, name);
  });

  it("that is a file or a folder is told as such", async () => {
    isTold(await device(join(folder, ".")), "SER-068", 66, "It is a folder");
    const file = join(folder, "notes.txt");
    writeFileSync(file, "");
    isTold(await gateway(file), "SER-068", 66, "It is a file");
  });

  it.skipIf(!has("socat"))("that another program has is told with that program (needs socat)", async () => {
    const holder = spawn(process.execPath, [
      "-e",
      `const { SerialPort } = require("serialport");
       new SerialPort({ path: process.argv[1], baudRate: 9600 }, () => console.log("open")).resume();`,
      line,
    ]);
    try {
      await new Promise((resolve) => holder.stdout.once("data", resolve));
      const [fromDevice, fromCheck] = await Promise.all([device(line), gateway(line)]);
      isTold(fromDevice, "SER-075", 75, `node (process ${holder.pid})`);
      // The gateway itself may be the one that has it.
      expect(fromCheck.code).toBe(0);
    } finally {
      holder.kill();
    }
  });

  it.skipIf(!mayMake)(
    "that this user may not use is told with the one command that helps (needs root and setpriv)",
    async () => {
      const port = join(folder, "ttyForbidden");
      makePort(port);
      spawnSync("chgrp", ["dialout", port]);
      const [fromDevice, fromGateway] = await Promise.all([
        device(port, port, nobody),
        gateway(port, nobody),
      ]);
      isTold(fromDevice, "SER-077", 77, "“dialout”", "sudo adduser $USER dialout", "log out and in again");
      isTold(fromGateway, "SER-077", 77, "“dialout”");
    },
  );
});

describe("a folder that this user may not use", () => {
  it.skipIf(!mayChange)("is told with how to look at its rights (needs root and setpriv)", async () => {
    const shut = join(folder, "shut");
    mkdirSync(shut, { mode: 0o700 });
    const { code, stderr } = await hasen(["gateway", "--config", join(shut, "gateway.yaml")], {
      under: nobody,
    });
    expect(stderr).toContain("FIL-077");
    expect(stderr).toContain("ls -ld");
    expect(stderr).not.toMatch(unreadable);
    expect(code).toBe(77);
  });
});

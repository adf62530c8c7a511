/** A real mosquitto for tests: started with the options given, ready when it resolves, gone when stopped. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, programPath, until } from "./programs.ts";

export interface MosquittoOptions {
  /** User name -> password; without it anybody may connect. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines of an access list (mosquitto.conf(5), acl_file). */
  readonly acl?: readonly string[];
  readonly tls?: { readonly ca: string; readonly certificate: string; readonly key: string };
  /** With `tls`: whether clients must show a certificate of the same authority. */
  readonly clientCertificates?: boolean;
  /** Keeps sessions and queued messages over a restart. */
  readonly persistence?: boolean;
  /** Further lines of mosquitto.conf. */
  readonly lines?: readonly string[];
  /** A port to use instead of a free one. */
  readonly port?: number;
}

export interface Mosquitto {
  readonly port: number;
  /** mqtt:// or mqtts://, on localhost where a certificate must name the host. */
  readonly url: string;
  /** Holds its configuration, password file and log. */
  readonly folder: string;
  /** Null while it does not run. */
  readonly pid: number | null;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, after `kill`. */
  restart(): Promise<void>;
  /** Stops it if it runs and removes its folder. */
  stop(): Promise<void>;
}

/** Starts one; rejects within 10 s if it does not come up. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const program = programPath("mosquitto");
  if (program === null) {
    throw new Error('no mosquitto here: guard the test with has("mosquitto")');
  }
  const folder = mkdtempSync(join(tmpdir(), "hasen-mosquitto-"));
  const port = options.port ?? (await freePort());
  const config = join(folder, "mosquitto.conf");
  writeFileSync(config, configText(options, folder, port));
  let child: ChildProcess | null = await run(program, config, port);

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = null;
    if (ending !== null && ending.exitCode === null && ending.signalCode === null) {
      const exited = new Promise((resolve) => ending.once("exit", resolve));
      ending.kill(signal);
      await exited;
    }
  }

  return {
    port,
    url: options.tls === undefined ? `mqtt://127.0.0.1:${port}` : `mqtts://localhost:${port}`,
    folder,
    get pid() {
      return child?.pid ?? null;
    },
    kill: () => end("SIGKILL"),
    restart: async () => {
      await end("SIGTERM");
      child = await run(program, config, port);
    },
    stop: async () => {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configText(options: MosquittoOptions, folder: string, port: number): string {
  const { users, acl, tls } = options;
  const lines = [`listener ${port} 127.0.0.1`, "log_type error", "log_type warning"];
  if (process.getuid?.() === 0) {
    lines.unshift("user root"); // or it drops to a user that may not read the folder
  }
  if (users === undefined) {
    lines.push("allow_anonymous true");
  } else {
    lines.push("allow_anonymous false", `password_file ${passwordFile(users, folder)}`);
  }
  if (acl !== undefined) {
    const file = join(folder, "acl");
    writeFileSync(file, acl.join("\n") + "\n", { mode: 0o600 });
    lines.push(`acl_file ${file}`);
  }
  if (tls !== undefined) {
    lines.push(`cafile ${tls.ca}`, `certfile ${tls.certificate}`, `keyfile ${tls.key}`);
    lines.push(`require_certificate ${options.clientCertificates === true}`);
  }
  if (options.persistence === true) {
    lines.push("persistence true", `persistence_location ${folder}/`);
  }
  return [...lines, ...(options.lines ?? [])].join("\n") + "\n";
}

function passwordFile(users: Readonly<Record<string, string>>, folder: string): string {
  const file = join(folder, "passwords");
  const text = Object.entries(users).map(([name, password]) => `${name}:${password}\n`);
  writeFileSync(file, text.join(""), { mode: 0o600 });
  execFileSync(programPath("mosquitto_passwd") ?? "mosquitto_passwd", ["-U", file], { stdio: "ignore" });
  return file;
}

async function run(program: string, config: string, port: number): Promise<ChildProcess> {
  const child = spawn(program, ["-c", config], { stdio: ["ignore", "ignore", "pipe"] });
  const orphaned = () => child.kill("SIGKILL");
  process.once("exit", orphaned);
  child.once("exit", () => process.off("exit", orphaned));
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said = (said + String(chunk)).slice(-2000);
  });
  await until("mosquitto listens", async () => {
    if (child.exitCode !== null) {
      throw new Error(`mosquitto ended with ${child.exitCode}: ${said}`);
    }
    return await answers(port);
  });
  return child;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const say = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => say(true));
    socket.once("error", () => say(false));
  });
}

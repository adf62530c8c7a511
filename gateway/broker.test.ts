import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../hil-tests/programs.ts";
import { silentBroker } from "../hil-tests/stubborn-broker.ts";
import { BrokerConnection, type BrokerSettings } from "./broker.ts";
import { silentLog } from "./log.ts";

let folder: string;
let ends: (() => unknown)[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "broker-"));
  ends = [() => rmSync(folder, { recursive: true })];
});
afterEach(async () => {
  for (const end of ends.reverse()) {
    await end();
  }
});

/** What is said to be in the way, with these files at a broker that takes every connection. */
async function troubleWith(files: Partial<BrokerSettings>): Promise<string> {
  const broker = await silentBroker();
  ends.push(() => broker.close());
  const connection = new BrokerConnection({
    settings: {
      url: `mqtts://127.0.0.1:${broker.port}`,
      protocol: 5,
      keepAlive: 30_000,
      connectTimeout: 5000,
      reconnectMax: 100,
      ...files,
    },
    options: { clientId: "test" },
    log: silentLog(),
    random: () => 0,
    onUp: () => {},
    onDown: () => {},
  });
  connection.start();
  ends.push(() => connection.stop());
  await until("something is in the way", () => connection.trouble() !== "not connected yet");
  return connection.trouble() ?? "";
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function keyAndCertificate(name: string): { key: string; certificate: string } {
  const [key, certificate] = [join(folder, `${name}-key.pem`), join(folder, `${name}.pem`)];
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-subj",
      `/CN=${name}`,
    ].concat(["-keyout", key, "-out", certificate]),
    { stdio: "ignore" },
  );
  return { key, certificate };
}

describe("a broker's certificates and keys", () => {
  it.each(["caFile", "certificateFile", "keyFile"] as const)(
    "that are no PEM text do not end the gateway but are named: %s",
    async (key) => {
      const path = file("half-written.pem", "MIIB");
      const others = key === "caFile" ? {} : { certificateFile: path, keyFile: path };
      expect(await troubleWith({ ...others, [key]: path })).toContain(`${path} is not PEM text`);
    },
  );

  it("that are cut short are told, with what they must be", async () => {
    const { key, certificate } = keyAndCertificate("gateway");
    const half = file("half.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    expect(await troubleWith({ certificateFile: half, keyFile: key })).toContain("must be whole PEM texts");
    const halfKey = file("half-key.pem", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
    expect(await troubleWith({ certificateFile: certificate, keyFile: halfKey })).toContain(
      "must be whole PEM texts",
    );
  });

  it("that do not belong together are told", async () => {
    const [one, other] = [keyAndCertificate("one"), keyAndCertificate("other")];
    expect(await troubleWith({ certificateFile: one.certificate, keyFile: other.key })).toContain(
      "does not belong",
    );
  });

  it("that are a folder are told without the system's words", async () => {
    mkdirSync(join(folder, "ca"));
    const trouble = await troubleWith({ caFile: join(folder, "ca") });
    expect(trouble).toContain(join(folder, "ca"));
    expect(trouble).not.toMatch(/EISDIR|illegal/);
  });
});

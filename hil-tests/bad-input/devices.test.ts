import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLine } from "../meters/line.ts";
import { freePort, has, until } from "../programs.ts";
import { hasen, startHasen, unreadable } from "./hasen.ts";
import { House, patience } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.open();
});
afterEach(() => house.close());

describe("beside a running gateway", () => {
  it("a device that is made is heard, and a replaced key is refused at once, with its line cut", async () => {
    const gateway = await house.start();
    const device = await house.device("pb-air-north");
    await device.connect();
    await device.deliver(...device.greet(), device.measure([2000]));

    expect((await house.hasen("device", "replace", "pb-air-north", "--out", "keys")).code).toBe(0);
    await until("the old key's line is cut", () => !device.connected, patience);
    await until(
      "and refused when it comes back",
      () => device.trouble?.detail.includes("refus") === true,
      patience,
    );
    const renewed = await house.holder("pb-air-north");
    expect(renewed.entry.kid).not.toBe(device.entry.kid);
    await renewed.connect();
    await renewed.deliver(...renewed.greet(), renewed.measure([2100]));
    // The old key over the new one's line: known, and refused with its reason.
    renewed.sendRaw(device.frames.get(device.measure([2222]))!);
    await until("it is counted", async () => (await gateway.metric(rejected("revoked"))) === 1, patience);
    await until("the records are there", () => house.records().length === 2, patience);
    expect(house.records().map(({ v }) => v)).toEqual([20, 21]);
  });

  it("a device that is revoked is put out in the middle of its session, and nothing of it is stored any more", async () => {
    const gateway = await house.start();
    const device = await house.device("pb-air-north");
    await device.connect();
    await device.deliver(...device.greet(), device.measure([2000]));
    const { code, stderr } = await house.hasen("--lang", "de", "device", "revoke", "pb-air-north");
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("pb-air-north") });
    await until("its line is cut", () => !device.connected, patience);
    const stored = await gateway.metric("dreihasen_messages_received_total");
    device.send(device.measure([2222]));
    await until("it may not come back", () => device.trouble?.detail.includes("refus") === true, patience);
    expect(await gateway.metric("dreihasen_messages_received_total")).toBe(stored);
    expect(gateway.events()).toContain("device pb-air-north: revoked");
  });

  it("a device whose entry others can read is shut out until that is mended; what it sent before still reaches the city", async () => {
    const entry = join(house.folder, "devices.d", "pb-air-north.yaml");
    house.configure({
      sinks: [`  - { kind: mqtt, name: notebook, url: "mqtt://127.0.0.1:${await freePort()}" }`],
    });
    const device = await house.device("pb-air-north");
    const first = await house.start();
    await device.connect();
    const pack = device.measure([2000, 2001]);
    await device.deliver(...device.greet(), pack);
    await first.kill();
    chmodSync(entry, 0o644);
    house.configure({});
    const check = await house.hasen("gateway", "--check");
    expect(check.stderr).toContain("FIL-078");
    expect(check.stderr).toContain(`chmod 600 ${entry}`);
    expect(check.code).toBe(77);

    const gateway = await house.start();
    expect(gateway.events()).toContainEqual(expect.stringContaining(`chmod 600 ${entry}`));
    await until("the records are there", () => house.delivered().has(pack), patience);
    expect(device.connected).toBe(false);
    const waiting = device.measure([2002]);
    chmodSync(entry, 0o600);
    await device.deliver(waiting);
    await until("the third record is there", () => house.delivered().has(waiting), patience);
    expect(house.gaps()).toEqual([]);
  });
});

describe("a device's file with a wrong key", () => {
  it.skipIf(!has("socat"))(
    "keeps the device out, and both sides say what it may be (needs socat)",
    async () => {
      const gateway = await house.start();
      await house.device("pb-air-north");
      const key = join(house.folder, "keys", "pb-air-north.key.yaml");
      const text = readFileSync(key, "utf8");
      writeFileSync(
        key,
        text.replace(/key: "(.)/, (_all, digit) => `key: "${digit === "0" ? "1" : "0"}`),
      );
      const meter = await openLine({ kind: "socat" });
      writeFileSync(
        join(house.folder, "device.yaml"),
        `version: 1
credentials: ./keys/pb-air-north.key.yaml
board: test
link: { kind: mqtt, url: "mqtt://127.0.0.1:${house.mqttPort}" }
sensors: [{ driver: sml-meter, port: ${meter.path}, interval: 1 s }]
storage: ./storage
`,
      );
      const device = startHasen(["device", "run", "--config", "device.yaml"], { cwd: house.folder });
      await until(
        "the device says why it is kept out",
        () => /refuses the device: is its key file/.test(device.said()),
        patience,
      );
      expect(gateway.process.said()).toContain("unauthenticated");
      device.child.kill("SIGTERM");
      const { code, stderr } = await device.ended;
      expect(stderr).not.toMatch(unreadable);
      expect(code).toBe(0);
      await meter.close();
    },
  );

  it.each([
    ["too short", (text: string) => text.replace(/key: ".*"/, 'key: "00ff"')],
    ["none", (text: string) => text.replace(/key: ".*"/, "key:")],
    ["no hexadecimal", (text: string) => text.replace(/key: "../, 'key: "zz')],
  ])("that is %s is told at the start, and never shown", async (_what, change) => {
    await house.device("pb-air-north");
    const key = join(house.folder, "keys", "pb-air-north.key.yaml");
    const text = readFileSync(key, "utf8");
    const secret = /key: "(.*)"/.exec(text)?.[1] ?? "?";
    writeFileSync(key, change(text));
    writeFileSync(
      join(house.folder, "device.yaml"),
      "version: 1\ncredentials: ./keys/pb-air-north.key.yaml\nboard: test\nlink: { kind: mqtt, url: mqtt://127.0.0.1:1 }\nsensors: [{ driver: sht31, port: i2c-1, interval: 60 s }]\nstorage: ./storage\n",
    );
    const { code, stderr } = await hasen(["device", "run", "--config", "device.yaml"], { cwd: house.folder });
    expect(stderr).toMatch(/pb-air-north\.key\.yaml:8:/);
    expect(stderr).toContain("Next: ");
    expect(stderr).not.toContain(secret.slice(4));
    expect(stderr).not.toMatch(unreadable);
    expect(code).toBe(65);
  });
});

function rejected(reason: string): string {
  return `dreihasen_messages_rejected_total{reason="${reason}"}`;
}

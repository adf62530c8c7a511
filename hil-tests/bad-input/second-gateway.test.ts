import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unreadable } from "./hasen.ts";
import { House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await House.open();
});
afterEach(() => house.close());

describe("a second gateway", () => {
  it("on the same spool is refused with the process that holds it, and the first one goes on", async () => {
    const gateway = await house.start();
    const { code, stderr } = await house.hasen("gateway");
    expect(stderr).toContain("SPL-075");
    expect(stderr).toContain(`Process ${gateway.process.child.pid} `);
    expect(stderr).not.toMatch(unreadable);
    expect(code).toBe(75);
    expect(await gateway.health()).toMatchObject({ status: "ok" });
  });

  it("takes the spool over from one that was killed", async () => {
    await (await house.start()).kill();
    expect((await (await house.start()).stop()).code).toBe(0);
  });

  it.each([
    ["devices", "mqttPort"],
    ["health", "healthPort"],
  ] as const)(
    "on the same port for %s is refused with the address, and has used up nothing",
    async (_for, port) => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(house[port], "127.0.0.1", resolve));
      for (let tries = 0; tries < 2; tries++) {
        const { code, stderr } = await house.hasen("gateway");
        expect(stderr).toContain("NET-075");
        expect(stderr).toContain(`127.0.0.1:${house[port]} is in use`);
        expect(code).toBe(75);
      }
      await new Promise((resolve) => other.close(resolve));
      await (await house.start()).stop();
      // One record for the one start that went through.
      expect(readFileSync(join(house.spool, "boot-epoch"))).toHaveLength(8);
    },
  );

  it("is told so where its address is none of this machine's", async () => {
    const text = readFileSync(house.config, "utf8");
    writeFileSync(house.config, text.replace(`127.0.0.1:${house.mqttPort}`, "192.0.2.1:1883"));
    const { code, stderr } = await house.hasen("gateway");
    expect(stderr).toContain("NET-076");
    expect(code).toBe(65);
  });
});

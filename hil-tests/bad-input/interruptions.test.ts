import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLine } from "../meters/line.ts";
import { SmlMeter } from "../meters/sml-meter.ts";
import { has, until } from "../programs.ts";
import { startHasen, unreadable } from "./hasen.ts";
import { House, patience } from "./house.ts";

let house: House;
let ends: (() => unknown)[];
beforeEach(async () => {
  house = await House.open();
  ends = [() => house.close()];
});
afterEach(async () => {
  for (const end of ends.reverse()) {
    await end();
  }
});

describe("an acknowledgement that gets lost", () => {
  it("is given again when the message comes again, and the message is stored once", async () => {
    const gateway = await house.start();
    const device = await house.device("pb-air-north");
    await device.connect();
    await device.deliver(...device.greet());
    const number = device.measure([2000]);
    device.send(number, number);
    await device.deliver(number);
    device.acknowledged.clear();
    await device.deliver(number);
    expect((await gateway.stop()).code).toBe(0);
    const again = await house.start();
    device.acknowledged.clear();
    await device.deliver(number);
    await until("the record is there", () => house.records().length > 0, patience);
    await again.stop();
    expect(house.records()).toHaveLength(1);
  });
});

describe("a gateway that is killed while devices wait", () => {
  it("has everything it acknowledged, gets the rest, and stores nothing twice", async () => {
    const names = ["pb-air-north", "pb-air-south", "pb-air-west"];
    const devices = await Promise.all(names.map((name) => house.device(name)));
    let gateway = await house.start();
    await Promise.all(devices.map((device) => device.connect()));
    const sent = devices.map((device) => device.greet());
    for (let round = 0; round < 3; round++) {
      devices.forEach((device, i) => {
        const some = Array.from({ length: 20 }, (_, row) => device.measure([round * 100 + row]));
        sent[i].push(...some);
        device.send(...some);
      });
      await devices[0].deliver(sent[0].at(-20)!);
      await gateway.kill();
      gateway = await house.start();
    }
    await Promise.all(devices.map((device, i) => device.deliver(...sent[i])));
    await until("all records are there", () => house.records().length >= 180, patience);
    await gateway.stop();
    const identities = house.records().map(({ n, dh }) => `${n} ${dh}`);
    expect(new Set(identities).size).toBe(180);
  });
});

describe("a device that loses its power with unsent messages", () => {
  it.skipIf(!has("socat"))(
    "sends them after its next start, before anybody has missed them (needs socat)",
    async () => {
      await house.device("pb-house-meter");
      const line = await openLine({ kind: "socat" });
      const meter = new SmlMeter({ profile: "holley", number: 1, seed: 1 });
      const timer = setInterval(() => {
        meter.step(1000);
        line.write(meter.telegram());
      }, 200);
      ends.push(() => line.close());
      ends.push(() => clearInterval(timer));
      writeFileSync(
        join(house.folder, "device.yaml"),
        `version: 1
credentials: ./keys/pb-house-meter.key.yaml
board: test
link: { kind: mqtt, url: "mqtt://127.0.0.1:${house.mqttPort}" }
sensors: [{ driver: sml-meter, port: ${line.path}, interval: 1 s }]
batch: { rows: 1, delay: 0 s }
storage: ./storage
outbox: { persistent: true }
`,
      );
      const run = () => startHasen(["device", "run", "--config", "device.yaml"], { cwd: house.folder });
      const sealed = (said: string) =>
        [...said.matchAll(/message (\d+\/\d+): sealed, \d+ rows/g)].map(([, number]) => number);

      // Nobody is there to hear it; then its power goes.
      const first = run();
      await until("two packs are sealed", () => sealed(first.said()).length >= 2, patience);
      first.child.kill("SIGKILL");
      await first.ended;
      const unsent = sealed(first.said());
      expect(first.said()).not.toMatch(unreadable);

      await house.start();
      const second = run();
      await until("they arrive", () => unsent.every((number) => house.delivered().has(number)), patience);
      second.child.kill("SIGTERM");
      expect((await second.ended).code).toBe(0);
      expect(new Set(unsent.map((number) => number.split("/")[0]))).toEqual(new Set(["0"]));
      expect(house.records().some(({ dh }) => dh.startsWith("1/"))).toBe(true);
    },
  );
});

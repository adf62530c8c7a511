import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { sht31Chip } from "../../boards/platforms/simulated-sensors.ts";
import { startHasen } from "../bad-input/hasen.ts";
import { House, patience } from "../bad-input/house.ts";
import { openLine } from "../meters/line.ts";
import { until } from "../programs.ts";
import { firmataImage, hasUno, Uno } from "./uno.ts";

/** The whole way, all of it as shipped: chip, Arduino, serial line, `hasen device run`, `hasen gateway`, records. */

let ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.reverse()) {
    await end();
  }
  ends = [];
});

it.skipIf(!hasUno)(
  "a sensor at an Arduino reaches the city as records, and the device says when the Arduino is away (needs socat, gcc-avr and avr-libc)",
  async () => {
    const { uno, port } = await arduino();
    const house = await House.open();
    ends.push(() => house.close());
    await house.start();
    const name = "pb-paulus-air-001";
    await house.hasen("device", "new", name, "--out", "keys");
    const config = join(house.folder, "device.yaml");
    writeFileSync(
      config,
      `version: 1
credentials: ./keys/${readdirSync(join(house.folder, "keys"))[0]}
board: arduino-uno
firmata: { port: ${port} }
link: { kind: mqtt, url: "mqtt://127.0.0.1:${house.mqttPort}" }
sensors: [{ driver: sht31, port: firmata, interval: 1 s }]
batch: { rows: 1, delay: 0 s }
storage: ./storage
`,
    );
    const device = startHasen(["device", "run", "--config", config], { cwd: house.folder });
    ends.push(() => device.child.kill("SIGKILL"));
    await until("three rows have come", () => valuesOf(house, "temperature").length >= 3, patience);
    expect(new Set(valuesOf(house, "temperature"))).toEqual(new Set([21.5]));
    expect(valuesOf(house, "relativeHumidity")).toContain(47.3);
    expect(device.said()).toMatch(/arduino \S+: answers/);
    uno.stop();
    await until("the device says so", () => /did not answer within/.test(device.said()), patience);
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
    expect(existsSync(join(house.folder, "storage"))).toBe(true);
  },
  3 * patience,
);

/** An Arduino with an SHT31, at a serial port of this machine. */
async function arduino(): Promise<{ uno: Uno; port: string }> {
  const line = await openLine({ kind: "socat", paced: false });
  const uno = new Uno({
    image: firmataImage(),
    chips: { 68: { chip: sht31Chip(() => ({ temperature: 2150, humidity: 473 })), conversion: 12.5 } },
    onByte: (byte) => line.write(Uint8Array.of(byte)),
  });
  line.onRequest = (bytes) => uno.receive(bytes);
  uno.start();
  ends.push(
    () => line.close(),
    () => uno.stop(),
  );
  return { uno, port: line.path };
}

function valuesOf(house: House, channel: string): number[] {
  return house
    .records()
    .filter(({ n }) => n.endsWith(`:${channel}`))
    .map(({ v }) => v);
}

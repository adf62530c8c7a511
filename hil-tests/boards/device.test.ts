import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sht31Chip } from "../../boards/platforms/simulated-sensors.ts";
import { startHasen } from "../bad-input/hasen.ts";
import { House, patience } from "../bad-input/house.ts";
import { endsOfTests } from "../ends.ts";
import { openLine } from "../meters/line.ts";
import { until } from "../programs.ts";
import { firmataImage, hasUno, Uno } from "./uno.ts";

/** The whole way, all of it as shipped: chip, Arduino, serial line, `hasen device run`, `hasen gateway`, records. */

const ends = endsOfTests();

it.skipIf(!hasUno)(
  "a sensor, a counter and a voltage at an Arduino reach the city as records, and the device says when the Arduino is away (needs socat, gcc-avr and avr-libc)",
  async () => {
    const { uno, port, told } = await arduino();
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
sensors:
  - { driver: sht31, port: firmata, interval: 1 s }
  - { driver: s0-meter, port: d8, interval: 1 s, start: 5000 }
  - { driver: analog-input, port: a0, interval: 1 s, quantity: soilMoisture, atFull: 100000 }
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
    uno.setVoltage(0, 1.25);
    await until(
      "a quarter of the supply voltage is a quarter of the scale, within a step of ten bits",
      () => Math.abs((valuesOf(house, "soilMoisture").at(-1) ?? 0) - 25) <= 0.1,
      patience,
    );
    for (let pulse = 0; pulse < 3; pulse++) {
      await told(() => uno.setContact(8, true));
      await new Promise((resolve) => setTimeout(resolve, 100)); // an S0 pulse lasts 30 ms or longer
      await told(() => uno.setContact(8, false));
    }
    await until(
      "three pulses of a watt hour have come",
      () => valuesOf(house, "activeEnergyImported").at(-1) === 5003,
      patience,
    );
    uno.stop();
    await until("the device says so", () => /did not answer within/.test(device.said()), patience);
    device.child.kill("SIGTERM");
    expect((await device.ended).code).toBe(0);
    expect(existsSync(join(house.folder, "storage"))).toBe(true);
  },
  3 * patience,
);

/** An Arduino with an SHT31, at a serial port of this machine. */
async function arduino() {
  let sent = 0;
  const line = await openLine({ kind: "socat", paced: false });
  const uno = new Uno({
    image: firmataImage(),
    chips: { 68: { chip: sht31Chip(() => ({ temperature: 2150, humidity: 473 })), conversion: 12.5 } },
    onByte: (byte) => {
      sent += 1;
      line.write(Uint8Array.of(byte));
    },
  });
  line.onRequest = (bytes) => uno.receive(bytes);
  uno.start();
  ends.push(
    () => line.close(),
    () => uno.stop(),
  );
  /** Changes something and waits until the Arduino has said so. */
  const told = async (change: () => void) => {
    const before = sent;
    change();
    await until("the Arduino has told its pins", () => sent >= before + 3, patience);
  };
  return { uno, port: line.path, told };
}

function valuesOf(house: House, channel: string): number[] {
  return house
    .records()
    .filter(({ n }) => n.endsWith(`:${channel}`))
    .map(({ v }) => v);
}

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../protocols/bytes.ts";
import { House, patience } from "../bad-input/house.ts";
import { DeviceSite, valuesAt } from "../device-site.ts";
import { endsOfTests } from "../ends.ts";
import { airKey, sealBthome } from "../meters/air-sensor.ts";
import { has, until } from "../programs.ts";
import { Bluez, hasBluez } from "./bluez.ts";

/** Sensors without a connection: adverts on BlueZ's interfaces, the built gateway, records. */

const tag = "CB:B8:33:4C:88:4F";
const room = "A4:C1:38:00:11:22";
const guarded = "C0:FF:EE:01:02:03";
const key = fromHex(airKey)!;
const uuid = "0000fcd2-0000-1000-8000-00805f9b34fb";

const ends = endsOfTests();

/** A gateway with these meters, and the radio's stand-in. */
async function site(meters: readonly string[]) {
  const bluez = await Bluez.open();
  ends.push(() => bluez.close());
  await bluez.startService();
  await bluez.order("adapter", { name: "hci0" });
  const house = await House.open({ lines: ["meters:", ...meters.map((meter) => `  - ${meter}`)] });
  ends.push(() => house.close());
  writeFileSync(join(house.folder, "key"), `${toHex(key)}\n`, { mode: 0o600 });
  const run = await house.start({ env: { DBUS_SYSTEM_BUS_ADDRESS: bluez.address } });
  return { bluez, house, run };
}

/** What a sensor with the key says: its objects, sealed. */
function sealed(objects: string, counter: number): string {
  return toHex(sealBthome(guarded, fromHex(objects)!, counter));
}

/** Says the same at once and again, as sensors do, until the condition holds. */
async function repeating(say: () => Promise<void>, what: string, condition: () => boolean): Promise<void> {
  await until(
    what,
    async () => {
      await say();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return condition();
    },
    patience,
  );
}

describe.skipIf(!hasBluez || !has("socat"))(
  "a sensor's adverts at a device (needs the same, and socat)",
  () => {
    it(
      "become rows of the device, opened with the key in its file",
      async () => {
        const bluez = await Bluez.open();
        ends.push(() => bluez.close());
        await bluez.startService();
        await bluez.order("adapter", { name: "hci0" });
        await bluez.order("device", { address: guarded, uart: false });
        const before = process.env["DBUS_SYSTEM_BUS_ADDRESS"];
        process.env["DBUS_SYSTEM_BUS_ADDRESS"] = bluez.address;
        ends.push(() => {
          process.env["DBUS_SYSTEM_BUS_ADDRESS"] = before;
        });
        const site = await DeviceSite.open();
        ends.push(() => site.close());
        await site.file("key", toHex(key));
        const wire = await site.gatewayWire();
        const device = await site.start(
          [`{ driver: bthome-sensor, address: "${guarded}", keyFile: ./key, interval: 1 s }`],
          wire.devicePath,
        );
        let counter = 7;
        await repeating(
          () =>
            bluez.order("advertise", {
              address: guarded,
              service: { [uuid]: sealed("0a130000", counter++) },
            }),
          "it is read",
          () => valuesAt(wire.gateway, "activeEnergyImported").length > 0,
        );
        expect(valuesAt(wire.gateway, "activeEnergyImported")[0]).toBe("19");
        expect(device.said()).not.toContain(toHex(key));
      },
      3 * patience,
    );
  },
);

describe.skipIf(!hasBluez)("a sensor's adverts (needs dbus, python3-dbusmock and python3-gi)", () => {
  it(
    "become exact records of a device in the gateway, also of one that seals what it says",
    async () => {
      const { bluez, house, run } = await site([
        `{ name: pb-wald-air-001, language: ruuvi, address: "${tag}", interval: 1 s }`,
        `{ name: pb-halle-air-002, language: bthome, address: "${room}", interval: 1 s }`,
        `{ name: pb-halle-power-003, language: bthome, address: "${guarded}", keyFile: ./key, interval: 1 s }`,
      ]);
      for (const address of [tag, room, guarded]) {
        await bluez.order("device", { address, uart: false });
      }
      const firstOf = (channel: string) => house.records().find(({ n }) => n.endsWith(`:${channel}`))?.v;
      await repeating(
        async () => {
          const maker = { "1177": "0512fc5394c37c0004fffc040cac364200cdcbb8334c884f" };
          await bluez.order("advertise", { address: tag, maker });
          await bluez.order("advertise", { address: guarded, service: { [uuid]: sealed("0a130000", 7) } });
          await bluez.order("advertise", { address: room, service: { [uuid]: "4002ca0903bf13" } });
        },
        "all are read",
        () =>
          [
            "pb-wald-air-001:temperature",
            "pb-halle-air-002:temperature",
            "pb-halle-power-003:activeEnergyImported",
          ].every((channel) => firstOf(channel) !== undefined),
      );
      expect(firstOf("pb-halle-power-003:activeEnergyImported")).toBe(19);
      expect(firstOf("pb-wald-air-001:temperature")).toBe(24.3);
      expect(firstOf("pb-wald-air-001:relativeHumidity")).toBe(53.49);
      expect(firstOf("pb-wald-air-001:atmosphericPressure")).toBe(1000.44);
      expect(firstOf("pb-wald-air-001:batteryVoltage")).toBe(2.977);
      expect(firstOf("pb-halle-air-002:temperature")).toBe(25.06);
      expect(firstOf("pb-halle-air-002:relativeHumidity")).toBe(50.55);
      expect((await run.health()).reasons).toEqual([]);
    },
    3 * patience,
  );

  it(
    "are missing with the reason while the adapter is off, and come again with it",
    async () => {
      const { bluez, house, run } = await site([
        `{ name: pb-wald-air-001, language: ruuvi, address: "${tag}", interval: 1 s }`,
      ]);
      const maker = { "1177": "0512fc5394c37c0004fffc040cac364200cdcbb8334c884f" };
      const say = () => bluez.order("advertise", { address: tag, maker });
      await bluez.order("device", { address: tag, uart: false });
      await repeating(say, "it is read", () => house.records().length > 0);
      await bluez.order("power", { name: "hci0", on: false });
      const trouble = async () => (await run.health()).reasons.map(({ reason }) => reason).join();
      await until("off is told", async () => /switched off.*power on/.test(await trouble()), patience);
      await bluez.order("power", { name: "hci0", on: true });
      await until(
        "all is well",
        async () => {
          await say();
          return (await trouble()) === "";
        },
        patience,
      );
    },
    3 * patience,
  );
});

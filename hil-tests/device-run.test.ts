import { SerialPort } from "serialport";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DeviceChanges, DeviceSite, problemOf } from "./device-site.ts";
import { type Line, openLine } from "./meters/line.ts";
import { SmlMeter } from "./meters/sml-meter.ts";
import { has, until } from "./programs.ts";

/** The device as a user runs it: two files, a meter at a pseudo-terminal, a serial line to the gateway. */

let site: DeviceSite;

beforeEach(async () => {
  site = await DeviceSite.open();
});

afterEach(() => site.close());

/** A device with an SML meter. */
function start(meterPort: string, linkPort: string, changes: DeviceChanges = {}) {
  return site.start([`{ driver: sml-meter, port: ${meterPort}, interval: 1 s }`], linkPort, changes);
}

describe("hasen device run", () => {
  it.skipIf(!has("socat"))(
    "carries a meter's readings to the gateway, and ends in order on a signal (needs socat)",
    async () => {
      const meter = await meterLine();
      const wire = await site.gatewayWire();
      const device = await start(meter.path, wire.devicePath);
      await until("three packs have come", () => wire.gateway.of("pack").length >= 3, 15_000);
      device.stop.abort();
      expect(await device.exit).toBe(0);
      const [first] = wire.gateway.stored;
      expect(first.message).toMatchObject({ type: "hello", board: "test-board", bootReason: "first" });
      const [pack] = wire.gateway.packs();
      expect(pack.rows[0].values[0]).not.toBeNull();
      expect(device.said()).toMatch(/reading activeEnergyImported: [0-9.]+ Wh/);

      const again = await start(meter.path, wire.devicePath);
      await until("the second hello has come", () => wire.gateway.of("hello").length === 2, 15_000);
      const last = Math.max(...wire.gateway.stored.filter(({ epoch }) => epoch === 0).map(({ piv }) => piv));
      const [, hello] = wire.gateway.of("hello");
      expect(hello.message).toMatchObject({ bootReason: "stopped", previousEpoch: 0 });
      expect(hello.message.lastPiv).toBeGreaterThanOrEqual(last);
      again.stop.abort();
      expect(await again.exit).toBe(0);
    },
  );

  it("names a missing serial port", async () => {
    const device = await start("/dev/ttyNotThere", "/dev/ttyNotThereEither");
    expect(await problemOf(device.exit)).toMatchObject({ exit: 66 });
  });

  it.skipIf(!has("socat"))("names a serial port that another program has locked (needs socat)", async () => {
    const meter = await meterLine();
    const port = new SerialPort({ path: meter.path, baudRate: 9600 });
    await new Promise((resolve) => port.once("open", resolve));
    const device = await start(meter.path, meter.path);
    expect(await problemOf(device.exit)).toMatchObject({ code: "SER-075", exit: 75 });
    await new Promise<void>((resolve) => port.close(() => resolve()));
  });

  it("refuses a key file that others can read", async () => {
    const device = await start("/dev/ttyNotThere", "/dev/ttyNotThere", { mode: 0o644 });
    expect(await problemOf(device.exit)).toMatchObject({ code: "FIL-078", exit: 77 });
  });

  it("refuses to send a meter's readings without encryption", async () => {
    const device = await start("/dev/ttyNotThere", "/dev/ttyNotThere", { alg: "hmac" });
    expect(await problemOf(device.exit)).toMatchObject({ code: "DEV-078", exit: 65 });
  });
});

/** A meter that pushes once a second. */
async function meterLine(): Promise<Line> {
  const line = await openLine({ kind: "socat" });
  const meter = new SmlMeter({ profile: "holley", number: 1, seed: 1 });
  const timer = setInterval(() => {
    meter.step(1000);
    line.write(meter.telegram());
  }, 1000);
  site.atEnd(async () => {
    clearInterval(timer);
    await line.close();
  });
  return line;
}

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bluez, hasBluez } from "../../hil-tests/boards/bluez.ts";
import { until } from "../../hil-tests/programs.ts";
import { concat, fromHex, toHex } from "../../protocols/bytes.ts";
import { encodeFrame, FrameReader } from "../../protocols/framing.ts";
import type { FrameSource } from "../link.ts";
import { silentLog } from "../log.ts";
import { BleLink, type BleSettings } from "./ble.ts";

const context = { log: silentLog(), gateway: "g", random: () => 0, authenticate: () => null };
const puck = "C2:71:35:02:EE:B8";
const other = "F8:04:4E:23:69:F1";
const patience = 20_000;

let bluez: Bluez;
let link: BleLink | null = null;
let arrivals: { frame: Uint8Array; source: FrameSource }[] = [];
const before = process.env["DBUS_SYSTEM_BUS_ADDRESS"];

async function open(options: { service?: boolean; adapter?: boolean; forbidden?: boolean } = {}) {
  const { service = true, adapter = true, forbidden = false } = options;
  bluez = await Bluez.open({ forbidden });
  process.env["DBUS_SYSTEM_BUS_ADDRESS"] = bluez.address;
  if (service) {
    await bluez.startService();
  }
  if (service && adapter) {
    await bluez.order("adapter", { name: "hci0" });
  }
}

async function start(settings: Partial<BleSettings> = {}): Promise<BleLink> {
  link = new BleLink({ devices: [puck], ...settings }, context);
  await link.start((frame, source, settled) => {
    arrivals.push({ frame: new Uint8Array(frame), source });
    settled();
  });
  return link;
}

/** Bytes that a device notifies, in pieces of an ATT packet. */
async function deviceSays(address: string, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 20) {
    await bluez.order("say", { address, hex: toHex(bytes.subarray(at, at + 20)) });
  }
}

function written(address: string): Uint8Array[] {
  return bluez.events
    .filter((one) => one.event === "written" && one.address === address)
    .map(({ hex }) => fromHex(hex ?? "") as Uint8Array);
}

describe.skipIf(!hasBluez)("a Bluetooth link (needs dbus, python3-dbusmock and python3-gi)", () => {
  beforeEach(() => {
    arrivals = [];
  });

  afterEach(async () => {
    await link?.stop();
    link = null;
    await bluez.close();
    process.env["DBUS_SYSTEM_BUS_ADDRESS"] = before;
    if (before === undefined) {
      delete process.env["DBUS_SYSTEM_BUS_ADDRESS"];
    }
  });

  it("carries frames both ways over the Nordic UART, in writes that every connection takes", async () => {
    await open();
    await bluez.order("device", { address: puck });
    const ble = await start();
    await until("it listens", () => bluez.count("listening", puck) === 1, patience);
    const frame = Uint8Array.from({ length: 150 }, (_, i) => i);
    await deviceSays(puck, encodeFrame(frame));
    await until("the frame has come", () => arrivals.length === 1, patience);
    expect(arrivals[0]?.frame).toEqual(frame);
    expect(arrivals[0]?.source.address).toBe(`ble:${puck}`);
    expect(ble.trouble()).toBeNull();
    expect(ble.counters).toMatchObject({ connections: 1, framesIn: 1, bytesIn: encodeFrame(frame).length });

    const answers = [Uint8Array.from({ length: 60 }, (_, i) => 255 - i), new Uint8Array([1, 2, 3])];
    for (const answer of answers) {
      expect(arrivals[0]?.source.reply(answer)).toBe(true);
    }
    const wanted = concat(answers.map((answer) => encodeFrame(answer)));
    await until("all is written", () => concat(written(puck)).length === wanted.length, patience);
    expect(Math.max(...written(puck).map(({ length }) => length))).toBeLessThanOrEqual(20);
    const heard: Uint8Array[] = [];
    new FrameReader().push(
      concat(written(puck)),
      (one) => heard.push(new Uint8Array(one)),
      () => {},
    );
    expect(heard).toEqual(answers);
  });

  it("counts bytes that make no frame, and goes on behind them", async () => {
    await open();
    await bluez.order("device", { address: puck });
    const ble = await start();
    await until("it listens", () => bluez.count("listening", puck) === 1, patience);
    await deviceSays(puck, new TextEncoder().encode(" ____                 _ \r\n>\0"));
    await deviceSays(puck, encodeFrame(new Uint8Array([7, 8, 9])));
    await until("the frame has come", () => arrivals.length === 1, patience);
    expect(Object.values(ble.counters.refused)).toEqual([1]);
  });

  it("listens for a device that nobody has heard yet, and connects when it comes", async () => {
    await open();
    const ble = await start({ devices: [puck, other] });
    await bluez.order("device", { address: other });
    await until("the other one is connected", () => bluez.count("listening", other) === 1, patience);
    expect(ble.trouble()).toBe(`${puck}: not heard yet`);
    await bluez.order("device", { address: puck });
    await until("both are connected", () => ble.trouble() === null, patience);
    expect(ble.counters.connections).toBe(2);
  });

  it("connects again when the connection was lost, and says meanwhile that it is", async () => {
    await open();
    await bluez.order("device", { address: puck });
    const ble = await start();
    await until("it listens", () => bluez.count("listening", puck) === 1, patience);
    await deviceSays(puck, encodeFrame(new Uint8Array([1])));
    await until("the frame has come", () => arrivals.length === 1, patience);
    await bluez.order("drop", { address: puck });
    await until("it says so", () => ble.trouble()?.includes("out of reach") === true, patience);
    expect(arrivals[0]?.source.reply(new Uint8Array([2]))).toBe(false);
    await until("it listens again", () => bluez.count("listening", puck) === 2, patience);
    await deviceSays(puck, encodeFrame(new Uint8Array([3])));
    await until("the next frame has come once", () => arrivals.length === 2, patience);
    expect(ble.trouble()).toBeNull();
  });

  it("says of a device without Nordic UART that it is none of ours, and of one that refuses what it said", async () => {
    await open();
    await bluez.order("device", { address: puck, uart: false });
    await bluez.order("device", { address: other, refuses: "org.bluez.Error.Failed" });
    const ble = await start({ devices: [puck, other] });
    await until("both were tried", () => ble.trouble()?.includes("refused") === true, patience);
    expect(ble.trouble()).toContain(`${puck}: it has no Nordic UART service`);
    expect(ble.counters.connections).toBe(0);
  });

  it("tells a bus, a service and an adapter that are not there apart, and takes each when it comes", async () => {
    await open({ service: false });
    const address = bluez.address;
    process.env["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nowhere/bus";
    const ble = await start();
    expect(ble.trouble()).toMatch(/message bus \(D-Bus\) cannot be reached.*systemctl status dbus/);
    process.env["DBUS_SYSTEM_BUS_ADDRESS"] = address;
    await until("no service is told", () => /Bluetooth service does not/.test(ble.trouble() ?? ""), patience);
    await bluez.startService();
    await until("no adapter is told", () => /no Bluetooth adapter/.test(ble.trouble() ?? ""), patience);
    await bluez.order("adapter", { name: "hci0" });
    await bluez.order("device", { address: puck });
    await until("it is connected", () => ble.trouble() === null, patience);
    await bluez.order("power", { name: "hci0", on: false });
    await until("off is told", () => /switched off.*power on/.test(ble.trouble() ?? ""), patience);
    expect(ble.counters.connections).toBe(0);
    await bluez.order("power", { name: "hci0", on: true });
    await until("it is connected again", () => ble.trouble() === null, patience);
    await bluez.stopService();
    await until("no service is told", () => /Bluetooth service does not/.test(ble.trouble() ?? ""), patience);
  }, 90_000);

  it("names the adapters that are there when another one is asked for", async () => {
    await open();
    expect((await start({ adapter: "hci7" })).trouble()).toMatch(/no Bluetooth adapter “hci7”/);
  });

  it("says which group lets a user speak with the Bluetooth service", async () => {
    await open({ forbidden: true });
    expect((await start()).trouble()).toMatch(/No permission.*adduser \$USER bluetooth/);
  });

  it("ends within a second, also in the middle of a connection", async () => {
    await open();
    await bluez.order("device", { address: puck });
    const ble = await start();
    await until("it is connected", () => bluez.count("connected", puck) === 1, patience);
    const from = performance.now();
    await ble.stop();
    expect(performance.now() - from).toBeLessThan(1500);
  });
});

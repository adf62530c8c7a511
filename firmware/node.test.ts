import { describe, expect, it } from "vitest";
import { distanceFrame, pmsFrame, simulatedUart } from "../boards/platforms/simulated-sensors.ts";
import { readOnly } from "../boards/platforms/simulated-storage.ts";
import { installationOf, SimulatedDevice, sensorOf } from "../hil-tests/simulated-device.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import { size } from "../protocols/ranges.ts";

const noon = Date.UTC(2026, 10, 23, 12, 0, 0);

function rowsOf(device: SimulatedDevice) {
  return device.gateway.packs().flatMap((pack) => pack.rows);
}

function codes(device: SimulatedDevice): Fault["fault"][] {
  return [...new Set(device.faults.map((bad) => bad.fault))];
}

describe("a device", () => {
  it("says hello first in each epoch, and its rows arrive", () => {
    const device = new SimulatedDevice();
    expect(device.boot()).toBeNull();
    device.run(10_500);
    expect(device.gateway.stored[0]).toMatchObject({
      epoch: 0,
      piv: 0,
      message: { type: "hello", bootReason: "first", previousEpoch: null, lastPiv: null, board: "simulated" },
    });
    expect(rowsOf(device)).toHaveLength(11);
    expect(rowsOf(device)[0].values).toEqual([2100, 500]);
    expect(device.faults).toEqual([]);
  });

  it("says after a power cut that it does not know its last message, when frames are in RAM alone", () => {
    const device = new SimulatedDevice();
    device.boot();
    device.run(5500);
    device.powerOff();
    device.boot();
    device.run(100);
    const hello = device.gateway.of("hello")[1].message;
    expect(hello).toMatchObject({ bootReason: "power", previousEpoch: 0, lastPiv: null });
  });

  it("names after an orderly stop the last message of the epoch before", () => {
    const device = new SimulatedDevice();
    device.boot();
    device.run(5500);
    const last = (device.node?.uplink.nextPiv ?? 0) - 1;
    device.node?.stop();
    device.powerOff();
    device.boot();
    device.run(100);
    expect(device.gateway.of("hello")[1].message).toMatchObject({ bootReason: "stopped", lastPiv: last });
  });

  it("sends after a reboot what it had sealed before, when frames are in storage", () => {
    const installation = installationOf({ outbox: { bytesMax: 65536, framesMax: 1000, persistent: true } });
    const device = new SimulatedDevice({ installation });
    device.link.connected = false;
    device.boot();
    device.run(5500);
    device.powerOff();
    device.link.connected = true;
    device.boot();
    device.run(3000);
    const first = device.gateway.stored.filter(({ epoch }) => epoch === 0).map(({ piv }) => piv);
    expect(first.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const second = device.gateway.of("hello").find(({ epoch }) => epoch === 1);
    expect(second?.message).toMatchObject({ previousEpoch: 0, lastPiv: 6 });
  });

  it("survives an outage: nothing is lost, nothing comes twice to the gateway's disk", () => {
    const device = new SimulatedDevice();
    device.boot();
    device.run(2500);
    device.link.connected = false;
    device.run(60_000);
    device.link.connected = true;
    device.run(31_000);
    expect(rowsOf(device)).toHaveLength(94);
    expect(device.node?.uplink.outbox.frames).toBe(0);
  });

  it("announces by number what it had to give up in a long outage", () => {
    const installation = installationOf({ outbox: { bytesMax: 65536, framesMax: 20, persistent: false } });
    const device = new SimulatedDevice({ installation });
    device.boot();
    device.run(2500);
    device.link.connected = false;
    device.run(100_000);
    device.link.connected = true;
    device.run(21_000);
    const announced = device.gateway.of("dropped").map(({ message }) => size(message.ranges));
    const total = announced.reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(70);
    expect(rowsOf(device).length + total).toBe(124);
    expect(codes(device)).toEqual(["full"]);
  });

  it("does not send what an authentic nack settles, and counts it", () => {
    const device = new SimulatedDevice();
    device.boot();
    device.run(500);
    device.link.onUp = null;
    device.run(1000);
    const piv = (device.node?.uplink.nextPiv ?? 0) - 1;
    device.gateway.say({ type: "nack", deviceEpoch: 0, piv, code: "content" });
    device.run(100);
    expect(device.node?.uplink.outbox.waiting().some((frame) => frame.piv === piv)).toBe(false);
    expect(codes(device)).toEqual(["refused"]);
  });

  it("begins a new epoch without a boot when a key has sealed 2^20 messages", () => {
    const device = new SimulatedDevice();
    device.boot();
    device.run(1500);
    device.node!.uplink.nextPiv = 1_048_575;
    device.run(3000);
    const hello = device.gateway.of("hello")[1];
    expect(hello).toMatchObject({ epoch: 1, piv: 0 });
    expect(hello.message).toMatchObject({ bootReason: "rekey", previousEpoch: 0 });
    expect(hello.message.lastPiv).toBeGreaterThanOrEqual(1_048_575);
    expect(device.repeatedNonces).toEqual([]);
  });

  it("restarts on command, in order", () => {
    const device = new SimulatedDevice();
    device.boot();
    device.run(2500);
    device.gateway.say({ type: "command", deviceEpoch: 0, name: "restart", arguments: null });
    device.run(500);
    expect(device.restarts).toBe(1);
    device.powerOff();
    device.boot();
    device.run(100);
    expect(device.gateway.of("hello")[1].message).toMatchObject({ bootReason: "restart" });
  });

  it("shows itself on command", () => {
    const device = new SimulatedDevice();
    const shown: number[] = [];
    device.parts = { onIdentify: (duration) => shown.push(duration) };
    device.boot();
    device.run(500);
    device.gateway.say({ type: "command", deviceEpoch: 0, name: "identify", arguments: 3000 });
    device.run(100);
    expect(shown).toEqual([3000]);
  });

  it("takes another interval on command, into a pack of its own", () => {
    const device = new SimulatedDevice({
      installation: installationOf({ batch: { rows: 10, delay: 60_000 } }),
    });
    device.boot();
    device.run(5500);
    device.gateway.say({ type: "command", deviceEpoch: 0, name: "interval", arguments: 2000 });
    device.run(120_000);
    for (const { rows } of device.gateway.packs()) {
      const gaps = rows.slice(1).map(({ time }, i) => (time ?? 0) - (rows[i].time ?? 0));
      expect(new Set(gaps).size).toBeLessThanOrEqual(1);
    }
  });

  it("tells once an hour how it is, and soon after a fault", () => {
    const device = new SimulatedDevice({
      installation: installationOf({ sensors: [sensorOf("sht31", "i2c-1", { interval: 60_000 })] }),
    });
    device.boot();
    device.run(3_700_000);
    expect(device.gateway.of("status")).toHaveLength(1);
    device.air = null;
    device.run(180_000);
    const status = device.gateway.of("status").at(-1);
    expect(Object.fromEntries(status?.message.faults ?? [])).toMatchObject({ silent: 1 });
    expect(status?.message.outbox.bytesMax).toBe(65536);
  });
});

describe("a device that may not start", () => {
  it("sends nothing when its storage can only be read", () => {
    const device = new SimulatedDevice();
    device.storage.refusal = readOnly;
    expect(device.boot()).toEqual(readOnly);
    device.run(10_000);
    expect(device.sent.size).toBe(0);
  });

  it("refuses personal quantities without encryption, and sends nothing", () => {
    const device = new SimulatedDevice({
      installation: installationOf({ alg: 1, sensors: [sensorOf("sml-meter", "meter")] }),
    });
    expect(device.boot()).toMatchObject({ fault: "not-allowed" });
    device.run(10_000);
    expect(device.sent.size).toBe(0);
  });

  it("sends what is not personal with a MAC alone", () => {
    const device = new SimulatedDevice({ installation: installationOf({ alg: 1 }) });
    expect(device.boot()).toBeNull();
    device.run(2500);
    expect(rowsOf(device)).toHaveLength(3);
  });

  it("refuses two sensors of one quantity, and a driver that nobody knows", () => {
    const twice = [sensorOf("sht31", "i2c-1"), sensorOf("sht31", "i2c-2")];
    expect(new SimulatedDevice({ installation: installationOf({ sensors: twice }) }).boot()).toMatchObject({
      fault: "unsupported",
    });
    const stranger = [sensorOf("sht99", "i2c-1")];
    expect(new SimulatedDevice({ installation: installationOf({ sensors: stranger }) }).boot()).toMatchObject(
      {
        fault: "unsupported",
      },
    );
  });
});

describe("a device's time", () => {
  it("is its own clock's where that was set", () => {
    const device = new SimulatedDevice();
    device.unixOffset = noon;
    device.boot();
    device.run(2500);
    expect(device.gateway.packs()[0]).toMatchObject({ timeQuality: "synced", rows: [{ time: noon }] });
  });

  it("is relative to the boot until the gateway has answered, and right after that", () => {
    const device = new SimulatedDevice();
    device.gateway.unix = () => noon + device.time.monotonic();
    device.boot();
    device.link.connected = false;
    device.run(1500);
    device.link.connected = true;
    device.run(5000);
    const [first, ...later] = device.gateway.packs();
    expect(first).toMatchObject({ timeQuality: "relative" });
    expect(first.rows[0].time).toBeLessThan(100);
    expect(later.at(-1)).toMatchObject({ timeQuality: "synced" });
    expect(Math.abs((later.at(-1)?.rows[0].time ?? 0) - (noon + 6000))).toBeLessThan(1100);
  });

  it("of its boot is told again when the gateway was not there to hear the hello", () => {
    const device = new SimulatedDevice();
    device.link.connected = false;
    device.boot();
    device.run(3_000_000);
    device.link.connected = true;
    device.run(5000);
    const status = device.gateway.of("status").at(-1)?.message;
    expect(device.gateway.of("hello")[0].message.uptime).toBe(0);
    expect(status?.uptime).toBeGreaterThanOrEqual(3000);
  });

  it("is asked for again as long as nobody answers", () => {
    const device = new SimulatedDevice();
    device.boot();
    device.run(200_000);
    expect(device.gateway.of("time-request").length).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ["nobody answers", () => null],
    ["the gateway believes in 1970", () => 5_000_000],
  ])("is asked for ever more seldom while %s", (_why, unix) => {
    const device = new SimulatedDevice();
    device.gateway.unix = unix;
    device.boot();
    device.run(6 * 3_600_000);
    const asked = device.gateway.of("time-request").length;
    expect(asked).toBeGreaterThanOrEqual(24); // every quarter of an hour at least
    expect(asked).toBeLessThanOrEqual(34);
  });

  it("is not believed from an answer that was held back", () => {
    const device = new SimulatedDevice();
    device.boot();
    device.run(45_000);
    device.gateway.say({ type: "time", deviceEpoch: 0, answers: 0, unix: noon });
    device.run(2000);
    expect(device.gateway.packs().every(({ timeQuality }) => timeQuality === "relative")).toBe(true);
    expect(codes(device)).toEqual(["not-allowed"]);
  });

  it("may jump: the rows of a pack keep their spacing, and the next pack has the new time", () => {
    const device = new SimulatedDevice({
      installation: installationOf({ batch: { rows: 10, delay: 60_000 } }),
    });
    device.unixOffset = noon;
    device.boot();
    device.run(5000);
    device.unixOffset = noon + 3_600_000;
    device.run(30_000);
    const packs = device.gateway.packs();
    for (const { rows } of packs) {
      rows.slice(1).forEach(({ time }, i) => {
        expect((time ?? 0) - (rows[i].time ?? 0)).toBe(1000);
      });
    }
    expect(packs[1].rows[0].time).toBe(noon + 3_600_000 + 10_000);
  });

  it("puts quarter-hour rows on the quarter of an hour, after a first one at once", () => {
    const device = new SimulatedDevice({
      installation: installationOf({ sensors: [sensorOf("sht31", "i2c-1", { interval: 900_000 })] }),
    });
    device.unixOffset = noon + 7 * 60_000;
    device.boot();
    device.run(3_600_000);
    const minutes = rowsOf(device).map(({ time }) => ((time ?? 0) - noon) / 60_000);
    expect(minutes).toEqual([7, 15, 30, 45, 60]);
  });
});

describe("a sensor", () => {
  it("that vanishes gives missing values and a fault with what to do, and comes back by itself", () => {
    const device = new SimulatedDevice();
    device.boot();
    device.run(2500);
    device.air = null;
    device.run(30_000);
    device.air = { temperature: 1500, humidity: 400 };
    device.run(30_000);
    const values = rowsOf(device).map((row) => row.values);
    expect(values).toContainEqual([null, null]);
    expect(values.at(-1)).toEqual([1500, 400]);
    const silent = device.faults.filter((bad) => bad.fault === "silent");
    expect(silent).toHaveLength(1);
    expect(silent[0].detail).toMatch(/sht31, i2c-1: nothing came for \d+ s: check the sensor's four wires/);
  });

  it("on a line that says nothing is called silent; one that talks nonsense is told apart", () => {
    const said = (bytes: Uint8Array | null) => {
      const device = new SimulatedDevice({
        installation: installationOf({ sensors: [sensorOf("sml-meter", "meter")] }),
      });
      device.parts = {
        lines: { meter: simulatedUart({ timers: device.time, period: 1000, say: () => bytes }) },
      };
      device.boot();
      device.run(60_000);
      return device.faults.filter((bad) => bad.fault === "silent").map(({ detail }) => detail);
    };
    expect(said(null)).toEqual([expect.stringMatching(/nothing came for 12 s: check that the head sits/)]);
    expect(said(Uint8Array.of(1, 2, 3))).toEqual([
      expect.stringMatching(/\d+ bytes but no measurement in 12 s: wrong baud rate or protocol/),
    ]);
  });

  it("that cannot be reached is a fault of the bus, and the others go on", () => {
    const device = new SimulatedDevice({
      installation: installationOf({ sensors: [sensorOf("sht31", "i2c-1"), sensorOf("pmsx003", "dust")] }),
    });
    const broken = fault("bus", "dust: another program uses it");
    device.parts = {
      lines: {
        dust: simulatedUart({ timers: device.time, period: 1000, say: () => null, broken: () => broken }),
      },
    };
    device.boot();
    device.run(5500);
    expect(device.faults).toContainEqual(broken);
    expect(rowsOf(device)).toHaveLength(6);
  });

  it("at a port that this board does not have is left out, and told once", () => {
    const device = new SimulatedDevice({
      installation: installationOf({ sensors: [sensorOf("sht31", "i2c-1"), sensorOf("pmsx003", "nowhere")] }),
    });
    device.boot();
    device.run(60_000);
    expect(device.faults).toEqual([fault("bus", "this board has no port called nowhere")]);
    expect(new Set(rowsOf(device).map(({ values }) => values.length))).toEqual(new Set([2]));
  });

  it("that must warm up gives no values before", () => {
    const device = new SimulatedDevice({
      installation: installationOf({ sensors: [sensorOf("pmsx003", "dust")] }),
    });
    const say = () => pmsFrame({ pm1: 5, pm25: 9, pm10: 12 });
    device.parts = { lines: { dust: simulatedUart({ timers: device.time, period: 1000, say }) } };
    device.boot();
    device.run(30_000);
    expect(rowsOf(device)).toEqual([]);
    device.run(5000);
    expect(rowsOf(device)[0].values).toEqual([5, 9, 12]);
  });

  it("of a parking bay that goes silent makes the bay unknown, never its last state", () => {
    const options = { occupancy: true, dwell: 2000 };
    const device = new SimulatedDevice({
      installation: installationOf({ sensors: [sensorOf("a02yyuw", "bay", { options })] }),
    });
    let distance: number | null = 900;
    const say = (time: number) => (distance === null ? null : distanceFrame(distance + ((time / 200) % 2)));
    device.parts = { lines: { bay: simulatedUart({ timers: device.time, period: 200, say }) } };
    device.boot();
    device.run(10_500);
    expect(rowsOf(device).at(-1)?.values[0]).toBe(1);
    distance = null;
    device.run(10_000);
    expect(rowsOf(device).at(-1)?.values).toEqual([null, null]);
    distance = 2400;
    device.run(5000);
    expect(rowsOf(device).at(-1)?.values[0]).toBe(0);
  });

  it("with dead bands sends only what moved", () => {
    const deadBands = [
      { quantity: "temperature", band: { integer: 5, exponent: -1 } },
      { quantity: "relativeHumidity", band: { integer: 5, exponent: 0 } },
    ] as const;
    const device = new SimulatedDevice({
      installation: installationOf({
        sensors: [sensorOf("sht31", "i2c-1", { deadBands, heartbeat: 600_000 })],
        batch: { rows: 10, delay: 5000 },
      }),
    });
    device.unixOffset = noon;
    device.boot();
    device.run(20_500);
    device.air = { temperature: 2200, humidity: 500 };
    device.run(20_000);
    const rows = rowsOf(device);
    expect(rows.map(({ values }) => values[0])).toEqual([2100, 2200]);
    expect(rows[1].time).toBe(noon + 21_000);
  });
});

describe("personal rows", () => {
  it("come every quarter of an hour unless the installation says otherwise, and no command brings them closer", () => {
    const options = { occupancy: true, dwell: 0 };
    const device = new SimulatedDevice({
      installation: installationOf({ sensors: [sensorOf("a02yyuw", "bay", { interval: null, options })] }),
    });
    const say = (time: number) => distanceFrame(900 + ((time / 200) % 2));
    device.parts = { lines: { bay: simulatedUart({ timers: device.time, period: 200, say }) } };
    device.boot();
    device.run(500);
    device.gateway.say({ type: "command", deviceEpoch: 0, name: "interval", arguments: 1000 });
    device.run(3_600_000);
    expect(rowsOf(device)).toHaveLength(5);
    expect(codes(device)).toEqual(["not-allowed"]);
  });
});

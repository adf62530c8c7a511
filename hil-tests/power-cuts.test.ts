import { describe, expect, it } from "vitest";
import { seeded } from "../boards/platforms/seeded.ts";
import { PowerCut } from "../boards/platforms/simulated-storage.ts";
import { includes } from "../protocols/ranges.ts";
import { installationOf, SimulatedDevice, sensorOf } from "./simulated-device.ts";

/** Messages of one life; the ten lives make 10^5. */
const messagesOfLife = 10_000;

describe("a device whose power is cut at any write", () => {
  it.each([1, 2, 3, 4, 5, 6])(
    "with frames in storage loses none that it sealed, and repeats no nonce (seed %i)",
    (seed) => {
      const { device, sealed, dropped, cuts } = life({ seed, persistent: true });
      expect(cuts).toBeGreaterThan(10);
      expect(device.repeatedNonces).toEqual([]);
      expect(device.gateway.repeatedNonces).toEqual([]);
      expect(sealed.filter((key) => !dropped.has(key) && !arrived(device, key))).toEqual([]);
      expect(device.node?.uplink.outbox.frames).toBe(0);
    },
  );

  it.each([7, 8, 9, 10])("with frames in RAM alone repeats no nonce either (seed %i)", (seed) => {
    const { device, cuts } = life({ seed, persistent: false });
    expect(cuts).toBeGreaterThan(10);
    expect(device.repeatedNonces).toEqual([]);
    expect(device.gateway.repeatedNonces).toEqual([]);
    expect(device.node?.uplink.outbox.frames).toBe(0);
  });

  it("stops sending what the gateway has, and says what it gave up", () => {
    const { device, dropped } = life({ seed: 11, persistent: true, messages: 1000 });
    const epoch = device.node?.uplink.epoch ?? -1;
    device.run(60_000);
    const before = new Map([...device.sent].map(([key, { times }]) => [key, times]));
    device.run(600_000);
    expect([...before].filter(([key, times]) => device.sent.get(key)?.times !== times)).toEqual([]);
    const announced = device.gateway.of("dropped");
    for (const key of dropped) {
      const [of, piv] = key.split("/").map(Number);
      const named = announced.some(
        ({ epoch: told, message }) => (message.epoch ?? told) === of && includes(message.ranges, piv),
      );
      // What a boot gave up and had not yet announced when the power went is named by the hello's last number instead.
      expect(of !== epoch || named || arrived(device, key), key).toBe(true);
    }
  });
});

interface LifeOptions {
  readonly seed: number;
  /** Whether frames are kept in storage. */
  readonly persistent: boolean;
  readonly messages?: number;
}

/**
 * Lives through weather, outages, gateway kills and power cuts within random writes until so many messages are sealed; then
 * everything heals, and the sensor falls silent so that the outbox can empty.
 */
function life({ seed, persistent, messages = messagesOfLife }: LifeOptions) {
  const sealed: string[] = [];
  /** Writes to storage before the last message was kept there. */
  let writesBefore = 0;
  const dropped = new Set<string>();
  const dice = seeded(seed);
  const device: SimulatedDevice = new SimulatedDevice({
    seed,
    installation: installationOf({
      sensors: [sensorOf("sht31", "i2c-1", { interval: 1000 })],
      outbox: { bytesMax: 20_000, framesMax: 100, persistent },
    }),
    observer: {
      sealed: (epoch, piv) => {
        sealed.push(`${epoch}/${piv}`);
        writesBefore = device.storage.writes;
      },
      dropped: (epoch, [[from]]) => dropped.add(`${epoch}/${from}`),
    },
  });
  let cuts = 0;
  const survive = (action: () => void) => {
    try {
      action();
    } catch (thrown) {
      if (!(thrown instanceof PowerCut)) {
        throw thrown;
      }
      cuts++;
      if (persistent && device.storage.writes === writesBefore + 1) {
        // Cut while it was being kept: it was never sent, and may be there after the restart or not.
        sealed.pop();
      }
      device.powerOff();
    }
  };
  while (sealed.length < messages) {
    if (device.node === null) {
      device.storage.cutAtWrite(1 + Math.floor(dice() ** 2 * 400));
      survive(() => expect(device.boot()).toBeNull());
    } else {
      device.link.connected = dice() > 0.2;
      device.link.weather = { loss: dice() * 0.3, duplication: 0.1, delay: dice() * 3000, damage: 0.02 };
      if (dice() < 0.1) {
        device.gateway.restart();
      }
      survive(() => device.run(Math.floor(dice() * 60_000)));
      if (device.node !== null && dice() < 0.1) {
        cuts++;
        device.powerOff();
      }
    }
  }
  device.storage.cutAtWrite(Number.POSITIVE_INFINITY);
  device.link.connected = true;
  device.link.weather = { loss: 0, duplication: 0, delay: 0, damage: 0 };
  if (device.node === null) {
    expect(device.boot()).toBeNull();
  }
  device.air = null;
  device.run(600_000);
  return { device, sealed, dropped, cuts };
}

function arrived(device: SimulatedDevice, key: string): boolean {
  const [epoch, piv] = key.split("/").map(Number);
  return device.gateway.has(epoch, piv);
}

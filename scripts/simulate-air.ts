/** `hasen simulate bthome|ruuvi`: a Bluetooth sensor without radio, on a message bus of its own, as BlueZ would tell of it. */
import { problem } from "../gateway/problem.ts";
import { say } from "../gateway/words/words.ts";
import { Bluez, hasBluez } from "../hil-tests/boards/bluez.ts";
import type { AirSimulator } from "../hil-tests/meters/air-sensor.ts";
import { toHex } from "../protocols/bytes.ts";
import { askedToStop, profileOf, type SimulateOrder } from "./simulate-order.ts";
import type { Streams } from "./streams.ts";

const places = {
  bthome: { service: "0000fcd2-0000-1000-8000-00805f9b34fb" },
  ruuvi: { maker: "1177" }, // 0x0499
} as const;

export async function simulateAir(
  simulator: AirSimulator,
  order: SimulateOrder,
  streams: Streams,
): Promise<number> {
  const profile = profileOf(simulator.profiles, order);
  const sensor = simulator.create({ profile, seed: order.seed });
  if (order.once) {
    streams.stdout.write(sensor.advert());
    return 0;
  }
  if (!hasBluez) {
    throw problem("SIM-070", {});
  }
  const bluez = await Bluez.open();
  let timer: NodeJS.Timeout | null = null;
  try {
    await bluez.startService();
    await bluez.order("adapter", { name: "hci0" });
    await bluez.order("device", { address: simulator.address, uart: false });
    let turn = Promise.resolve();
    timer = setInterval(() => {
      sensor.step(Math.round(simulator.period * order.speed));
      turn = turn.then(() => bluez.order("advertise", advertise(simulator, sensor.advert()))).catch(() => {});
    }, simulator.period);
    tell(simulator, profile, bluez.address, order, streams);
    await askedToStop(order.stop);
    clearInterval(timer);
    await turn;
    return 0;
  } finally {
    if (timer !== null) {
      clearInterval(timer);
    }
    await bluez.close();
  }
}

function advertise({ language, address }: AirSimulator, advert: Uint8Array): object {
  const place = places[language];
  const data = toHex(advert);
  return "service" in place
    ? { address, service: { [place.service]: data } }
    : { address, maker: { [place.maker]: data } };
}

function tell(
  simulator: AirSimulator,
  profile: string,
  bus: string,
  { lang }: SimulateOrder,
  streams: Streams,
): void {
  const { language, address, profiles } = simulator;
  const more = simulator.settings(profile);
  const keys = [
    `language: ${language}`,
    `address: "${address}"`,
    ...(more === "" ? [] : [more]),
    "interval: 1 s",
  ];
  const config = `meters: [{ name: pb-test-air-1, ${keys.join(", ")} }]`;
  const sentences = [
    say(lang, "simulate.advertises", { language, profile, address }),
    say(lang, "simulate.tryBus", { bus, config }),
    say(lang, "simulate.others", { profiles: profiles.join(", ") }),
    say(lang, "simulate.end"),
  ];
  streams.stderr.write(`${sentences.join("\n")}\n`);
  streams.stdout.write(`${bus}\n`);
}

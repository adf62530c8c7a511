/** What goes wrong in a simulated world, how often, and for how long: drawn by dice, phase by phase. */
import type { LinkWeather } from "../../boards/platforms/simulated-link.ts";

/** Chances from 0 to 1, times in ms. */
export interface Weather {
  readonly name: string;
  readonly duration: number;
  readonly link: LinkWeather;
  /** Share of devices whose link is down in this phase. */
  readonly linksDown: number;
  /** That a call on the gateway's disk fails. */
  readonly diskFailure: number;
  /** Longest wait for a write or a sync. */
  readonly diskDelay: number;
  /** That the gateway's power goes away at one moment of its disk. */
  readonly gatewayCut: number;
  /** That its process is killed there: the page cache lives on. */
  readonly gatewayKill: number;
  /** That a device's power goes away within one of its writes to storage. */
  readonly deviceCut: number;
  /** Frames of an attacker in one second. */
  readonly attacks: number;
  readonly city: CityWeather;
}

export interface CityWeather {
  /** That a batch gets no answer. */
  readonly hang: number;
  /** That it is answered with a fault; half of these after it was taken. */
  readonly failure: number;
  readonly delay: number;
}

export const fair: Weather = {
  name: "fair",
  duration: 0,
  link: { loss: 0, duplication: 0, delay: 20, damage: 0 },
  linksDown: 0,
  diskFailure: 0,
  diskDelay: 5,
  gatewayCut: 0,
  gatewayKill: 0,
  deviceCut: 0,
  attacks: 0,
  city: { hang: 0, failure: 0, delay: 20 },
};

/** A phase of some seconds in which some things go wrong; which ones, the dice say. */
export function badWeather(dice: () => number): Weather {
  const some = (share: number, chance: number): number => (dice() < share ? dice() * chance : 0);
  return {
    name: "bad",
    duration: 2000 + Math.floor(dice() * 8000),
    link: {
      loss: some(0.5, 0.5),
      duplication: some(0.5, 0.3),
      delay: dice() ** 2 * 4000,
      damage: some(0.4, 0.3),
    },
    linksDown: some(0.3, 1),
    diskFailure: some(0.3, 0.06),
    diskDelay: 1 + dice() ** 2 * 60,
    gatewayCut: some(0.6, 0.03),
    gatewayKill: some(0.3, 0.02),
    deviceCut: some(0.4, 0.1),
    attacks: some(0.5, 4),
    city: { hang: some(0.4, 1), failure: some(0.4, 0.6), delay: dice() ** 2 * 3000 },
  };
}

/** The phase in words. */
export function describe(weather: Weather): string {
  const { link, city } = weather;
  const percent = (chance: number): string => `${Math.round(chance * 100)} %`;
  return [
    `${weather.duration} ms`,
    `link loses ${percent(link.loss)}, doubles ${percent(link.duplication)}, damages ${percent(link.damage)}, delays ${Math.round(link.delay)} ms`,
    `disk fails ${percent(weather.diskFailure)}`,
    `gateway cut ${percent(weather.gatewayCut)}, kill ${percent(weather.gatewayKill)} of disk moments`,
    `device cut ${percent(weather.deviceCut)} of writes`,
    `city hangs ${percent(city.hang)}, fails ${percent(city.failure)}`,
  ].join("; ");
}

/** Who lives in the street: six households with meters, four parking bays, two air stations. Seeded, so that a run can be told again. */
import { seeded } from "../../boards/platforms/seeded.ts";
import {
  distanceFrame,
  pmsFrame,
  sht31Chip,
  simulatedI2c,
  simulatedUart,
} from "../../boards/platforms/simulated-sensors.ts";
import { realTimers } from "../../boards/platforms/timers.ts";
import type { InstalledSensor } from "../../firmware/installation-type.ts";
import type { MeterProfileName } from "../meters/profiles.ts";
import type { Hardware } from "./resident.ts";

/** Rows each second: the demonstration's choice. Personal readings default to a quarter of an hour. */
const interval = 1000;

/** A house with a meter: one that pushes SML, or one of another language (hil-tests/meters/simulators.ts). */
export type Household =
  | {
      readonly name: string;
      readonly profile: MeterProfileName;
      /** Peak of its solar plant, W. */
      readonly solar: number;
    }
  | { readonly name: string; readonly language: "d0" | "mbus"; readonly profile: string };

/** Meters of five makers, two houses with solar plants; an older one that speaks D0, and a heat meter on its M-Bus that is asked. */
export const households: readonly Household[] = [
  { name: "pb-house-01-meter", profile: "emh", solar: 0 },
  { name: "pb-house-02-meter", profile: "iskra", solar: 5000 },
  { name: "pb-house-03-meter", profile: "ebz", solar: 0 },
  { name: "pb-house-04-meter", profile: "holley", solar: 8000 },
  { name: "pb-house-05-meter", language: "d0", profile: "q3d" },
  { name: "pb-house-06-heat", language: "mbus", profile: "heat" },
];

export const parkingBays = ["pb-bay-01", "pb-bay-02", "pb-bay-03", "pb-bay-04"] as const;
export const airStations = ["pb-air-north", "pb-air-south"] as const;

/** The sensor that reads a house's meter, and what of it the screen shows. */
export function meterOf(house: Household): {
  readonly sensor: InstalledSensor;
  readonly show: readonly string[];
} {
  const language = "language" in house ? house.language : "sml";
  const show = language === "mbus" ? ["heatPower", "heatEnergy"] : ["activePower", "activeEnergyImported"];
  return { sensor: sensor(`${language}-meter`, "meter", {}), show };
}

function sensor(driver: string, port: string, options: InstalledSensor["options"]): InstalledSensor {
  return { driver, port, interval, deadBands: [], heartbeat: 60_000, options };
}

/** A bay with an ultrasonic sensor overhead: cars come and go every half minute or so. */
export function parkingBay(seed: number): {
  readonly hardware: Hardware;
  readonly sensors: readonly InstalledSensor[];
} {
  const dice = seeded(seed);
  let occupied = dice() < 0.5;
  let changeAt = realTimers.monotonic() + 5000 + dice() * 20_000;
  const line = simulatedUart({
    timers: realTimers,
    period: 200,
    say: (time) => {
      if (time >= changeAt) {
        occupied = !occupied;
        changeAt = time + 10_000 + dice() * 40_000;
      }
      return distanceFrame(Math.round((occupied ? 950 : 2450) + dice() * 12));
    },
  });
  return {
    hardware: { kind: "simulated", lines: { "uart-1": line }, buses: {} },
    sensors: [sensor("a02yyuw", "uart-1", { occupancy: true, dwell: 2000 })],
  };
}

/** A station with an SHT31 and a PMSx003: slow drift, a little noise. */
export function airStation(seed: number): {
  readonly hardware: Hardware;
  readonly sensors: readonly InstalledSensor[];
} {
  const dice = seeded(seed);
  const air = { temperature: 1100 + dice() * 600, humidity: 550 + dice() * 200, dust: 6 + dice() * 10 };
  const drift = (value: number, step: number, least: number, most: number) =>
    Math.min(most, Math.max(least, value + (dice() - 0.5) * step));
  const bus = simulatedI2c(realTimers, {
    [0x44]: sht31Chip(() => {
      air.temperature = drift(air.temperature, 4, -1000, 3500);
      air.humidity = drift(air.humidity, 3, 200, 980);
      return air;
    }),
  });
  const line = simulatedUart({
    timers: realTimers,
    period: 1000,
    say: () => {
      air.dust = drift(air.dust, 1.5, 1, 120);
      return pmsFrame({
        pm1: Math.round(air.dust * 0.6),
        pm25: Math.round(air.dust),
        pm10: Math.round(air.dust * 1.4),
      });
    },
  });
  return {
    hardware: { kind: "simulated", lines: { "uart-1": line }, buses: { "i2c-1": bus } },
    sensors: [sensor("sht31", "i2c-1", {}), sensor("pmsx003", "uart-1", {})],
  };
}

import { seeded } from "../../boards/platforms/seeded.ts";

/** What runs in the house by itself: watts, and for how many seconds. */
const appliances: readonly { readonly watts: number; readonly seconds: number }[] = [
  { watts: 2000, seconds: 150 }, // kettle
  { watts: 1200, seconds: 300 }, // microwave
  { watts: 900, seconds: 90 }, // toaster
  { watts: 2200, seconds: 1200 }, // oven
  { watts: 450, seconds: 3000 }, // washing machine, on average
  { watts: 1700, seconds: 900 }, // dishwasher, heating
  { watts: 120, seconds: 5400 }, // television
  { watts: 60, seconds: 7200 }, // lights
];
const runningMax = 6;

export interface LoadOptions {
  readonly seed: number;
  /** Peak of a photovoltaic plant in watts; 0 where there is none. */
  readonly solar: number;
  /** Second of the day at which the load begins. */
  readonly startOfDay: number;
}

/** A household's power, second by second, in hundredths of a watt; negative while it feeds in. The same seed gives the same day. */
export function householdLoad(options: LoadOptions): () => number {
  const random = seeded(options.seed);
  const base = 60 + Math.floor(random() * 120); // W
  const fridgePeriod = 2400 + Math.floor(random() * 1200); // s
  const fridgePhase = Math.floor(random() * fridgePeriod);
  let second = options.startOfDay;
  let running: { readonly watts: number; until: number }[] = [];
  return () => {
    second++;
    running = running.filter((one) => one.until > second);
    if (running.length < runningMax && random() < 1 / 400) {
      const { watts, seconds } = appliances[Math.floor(random() * appliances.length)]!;
      running.push({ watts, until: second + Math.ceil(seconds * (0.5 + random())) });
    }
    const fridge = (second + fridgePhase) % fridgePeriod < fridgePeriod / 3 ? 90 : 0;
    const consumed = running.reduce((sum, one) => sum + one.watts, base + fridge);
    const ripple = Math.floor((random() - 0.5) * 4 * consumed); // two per cent either way, in hundredths of a watt
    return (
      100 * consumed +
      ripple -
      Math.round(100 * options.solar * sunshine(second % 86400) * (0.9 + 0.1 * random()))
    );
  };
}

/** From 0 to 1 between six and twenty o'clock. */
function sunshine(secondOfDay: number): number {
  const part = (secondOfDay - 6 * 3600) / (14 * 3600);
  return part <= 0 || part >= 1 ? 0 : Math.sin(Math.PI * part) ** 1.5;
}

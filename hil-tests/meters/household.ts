import { householdLoad } from "./load.ts";

/** What a meter measures in a house. Energies are whole hundred-thousandths of a Wh, powers whole hundredths of a W. */
export interface HouseholdState {
  /** Seconds since the meter was powered. */
  readonly seconds: number;
  readonly imported: number;
  readonly exported: number;
  readonly power: number;
  /** Adds up to `power` exactly. */
  readonly phases: readonly [number, number, number];
}

export interface HouseholdOptions {
  /** Part of the load's seed. */
  readonly number: number;
  readonly seed: number;
  /** Peak of a photovoltaic plant in watts. */
  readonly solar?: number;
  /** Wh on the counter at the start. */
  readonly imported?: number;
  readonly exported?: number;
  /** Second of the day at the start. */
  readonly startOfDay?: number;
}

/** Powers of ten of the state's energies (Wh) and powers (W). */
export const energyScaler = -5;
export const powerScaler = -2;
/** One hundred-thousandth of a Wh, in hundredths of a W times ms. */
const energyStep = 3600;

/** Power changes once a second and is integrated without rounding: what is said of energy is the sum of what was said of power. */
export class Household {
  private readonly load: () => number;
  private current: HouseholdState;
  private milliseconds = 0;
  private importedRest = 0;
  private exportedRest = 0;

  constructor(options: HouseholdOptions) {
    this.load = householdLoad({
      seed: options.seed * 1000 + options.number,
      solar: options.solar ?? 0,
      startOfDay: options.startOfDay ?? 12 * 3600,
    });
    const power = this.load();
    this.current = {
      seconds: 0,
      imported: Math.round((options.imported ?? 2_941_646.1) * 10 ** -energyScaler),
      exported: Math.round((options.exported ?? 0) * 10 ** -energyScaler),
      power,
      phases: split(power),
    };
  }

  get state(): HouseholdState {
    return this.current;
  }

  /** Lets time pass, in whole milliseconds. */
  step(ms: number): void {
    for (let left = ms; left > 0; ) {
      const part = Math.min(left, 1000 - (this.milliseconds % 1000));
      this.integrate(part);
      this.milliseconds += part;
      left -= part;
      if (this.milliseconds % 1000 === 0) {
        const power = this.load();
        this.current = { ...this.current, seconds: this.milliseconds / 1000, power, phases: split(power) };
      }
    }
  }

  private integrate(ms: number): void {
    const { power, imported, exported } = this.current;
    this.importedRest += Math.max(power, 0) * ms;
    this.exportedRest += Math.max(-power, 0) * ms;
    const moreImported = Math.floor(this.importedRest / energyStep);
    const moreExported = Math.floor(this.exportedRest / energyStep);
    this.importedRest -= moreImported * energyStep;
    this.exportedRest -= moreExported * energyStep;
    this.current = { ...this.current, imported: imported + moreImported, exported: exported + moreExported };
  }
}

/** Three phases that add up to the whole. */
function split(power: number): [number, number, number] {
  const first = Math.trunc(power * 0.5);
  const second = Math.trunc(power * 0.3);
  return [first, second, power - first - second];
}

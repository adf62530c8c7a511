import { dlmsUnitCode, obisBytes } from "../../protocols/obis.ts";
import { smlEntry, smlInteger, smlOctets, smlPush, smlSeconds } from "../../protocols/sml-write.ts";
import {
  energyScaler,
  Household,
  type HouseholdOptions,
  type HouseholdState,
  powerScaler,
} from "./household.ts";
import { type MeterProfile, type MeterProfileName, meterProfiles, type Register } from "./profiles.ts";
import type { Simulator } from "./simulator.ts";

/** All a meter knows when it pushes. */
export interface MeterState extends HouseholdState {
  readonly profile: MeterProfile;
  readonly serial: number;
  /** The PIN was not entered: whole kWh only and no power. */
  readonly locked: boolean;
}

/** `number` is also added to the first serial number of the profile. */
export interface MeterOptions extends HouseholdOptions {
  readonly profile: MeterProfileName;
  readonly locked?: boolean;
}

/** A German electricity meter ("moderne Messeinrichtung") behind its optical head. */
export class SmlMeter {
  private readonly household: Household;
  private readonly nameplate: Pick<MeterState, "profile" | "serial" | "locked">;

  constructor(options: MeterOptions) {
    const profile = meterProfiles[options.profile];
    this.household = new Household(options);
    this.nameplate = {
      profile,
      serial: profile.serials + options.number,
      locked: options.locked ?? false,
    };
  }

  get state(): MeterState {
    return { ...this.household.state, ...this.nameplate };
  }

  /** What it pushes now. */
  telegram(): Uint8Array {
    return telegram(this.state);
  }

  /** Lets time pass, in whole milliseconds. */
  step(ms: number): void {
    this.household.step(ms);
  }
}

/** The telegram of a state: 96.50.1 maker, 96.1.0 id, 1.8.0, 2.8.0, 16.7.0 and, where the profile has them, the phases. */
export function telegram(state: MeterState): Uint8Array {
  const { profile } = state;
  const server = serverId(state);
  const time = smlSeconds(state.seconds);
  const entry = (
    obis: string,
    value: Uint8Array,
    more: { unit?: string; scaler?: number; status?: Uint8Array },
  ) =>
    smlEntry({
      obis: obisBytes(obis)!,
      status: more.status ?? null,
      time: profile.timed ? time : null,
      unit: more.unit === undefined ? null : dlmsUnitCode(more.unit),
      scaler: more.scaler ?? null,
      value,
    });
  const energy = (obis: string, value: number, status?: Uint8Array) => {
    const register = state.locked ? { ...profile.energy, scaler: 3 } : profile.energy;
    const field = registerField(register, scaled(value, energyScaler, register.scaler), false);
    return entry(obis, field, { unit: "Wh", scaler: register.scaler, ...(status && { status }) });
  };
  const power = (obis: string, value: number) => {
    const field = registerField(
      profile.power,
      scaled(value, powerScaler, profile.power.scaler),
      profile.signFault,
    );
    return entry(obis, field, { unit: "W", scaler: profile.power.scaler });
  };
  const status = smlInteger({ signed: false, width: profile.statusWidth, value: 0x1c0104 });
  const entries = [
    entry("1-0:96.50.1*1", smlOctets(letters(profile.maker)), {}),
    entry("1-0:96.1.0*255", smlOctets(server), {}),
    energy("1-0:1.8.0*255", state.imported, profile.statusWidth > 0 ? status : undefined),
    energy("1-0:2.8.0*255", state.exported),
  ];
  if (!state.locked) {
    entries.push(power("1-0:16.7.0*255", state.power));
    if (profile.phases) {
      const codes = ["1-0:36.7.0*255", "1-0:56.7.0*255", "1-0:76.7.0*255"];
      entries.push(...codes.map((obis, i) => power(obis, state.phases[i]!)));
    }
  }
  return smlPush({
    number: state.seconds,
    server,
    listName: null,
    time,
    entries,
    checksum: profile.checksum,
  });
}

/** 0a 01, three letters, five bytes of serial number (DIN 43863-5), as new meters send it. */
export function serverId(state: Pick<MeterState, "profile" | "serial">): Uint8Array {
  const serial = smlInteger({ signed: false, width: 5, value: state.serial });
  return Uint8Array.from([0x0a, 0x01, ...letters(state.profile.maker), ...serial.subarray(1)]);
}

function letters(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A value in coarser steps, cut as a register cuts it; finer steps get zeros. */
function scaled(value: number, from: number, to: number): number {
  return to >= from ? Math.trunc(value / 10 ** (to - from)) : value * 10 ** (from - to);
}

function registerField(register: Register, value: number, signFault: boolean): Uint8Array {
  const { signed } = register;
  const countsSign = signed && !(signFault && value >= 0);
  const width = register.width === 0 ? leastWidth(value, countsSign) : register.width;
  // A real negative value of the faulty meters comes in four bytes.
  return smlInteger({ signed, width: signFault && value < 0 ? 4 : width, value });
}

function leastWidth(value: number, signed: boolean): number {
  let width = 1;
  while (
    signed ? value < -(2 ** (8 * width - 1)) || value >= 2 ** (8 * width - 1) : value >= 2 ** (8 * width)
  ) {
    width++;
  }
  return width;
}

export const smlSimulator: Simulator = {
  language: "sml",
  line: { baud: 9600, form: "8N1" },
  profiles: [...Object.keys(meterProfiles), "locked"],
  period: 1000,
  decode: "",
  create: ({ profile, seed }) => {
    const locked = profile === "locked";
    const meter = new SmlMeter({
      profile: locked ? "iskra" : (profile as MeterProfileName),
      number: 1,
      seed,
      locked,
    });
    return { step: (ms) => meter.step(ms), telegram: () => meter.telegram(), receive: () => [] };
  },
};

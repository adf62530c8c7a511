import { fromHex } from "../../protocols/bytes.ts";
import { nodeCiphers } from "../../protocols/crypto-node.ts";
import { dsmrTelegram, sealedTelegram } from "../../protocols/dsmr-write.ts";
import {
  energyScaler,
  Household,
  type HouseholdOptions,
  type HouseholdState,
  powerScaler,
} from "./household.ts";
import { registerText } from "./register-text.ts";
import type { Simulator } from "./simulator.ts";

export interface DsmrOptions extends HouseholdOptions {
  /** 2 has no CRC, and its gas on a line of its own. */
  readonly version: 2 | 4 | 5;
  /** When it is powered, Unix ms; 2026-01-01 where nothing is said. */
  readonly started?: number;
  /** A heat meter is behind it, too. */
  readonly heat?: boolean;
}

const kilowattHours = energyScaler - 3;
const kilowatts = powerScaler - 3;
const register = { digits: 6, decimals: 3 };
const gasInterval = 300; // s
/** What is printed on the gas meter behind it. */
export const gasMeterId = "G0005403840265721";
/** And on the heat meter, where there is one. */
export const heatMeterId = "H0002600123456789";

/** A Dutch meter's P1 port, with a gas meter behind it. Knows no clock: time is what `step` is told. */
export class DsmrMeter {
  private readonly household: Household;
  private readonly options: DsmrOptions;

  constructor(options: DsmrOptions) {
    this.options = options;
    this.household = new Household(options);
  }

  get state(): HouseholdState {
    return this.household.state;
  }

  step(ms: number): void {
    this.household.step(ms);
  }

  /** What it pushes now. */
  telegram(): Uint8Array {
    const { version } = this.options;
    const { imported, exported, power, seconds } = this.household.state;
    const now = stamp(this.options, seconds);
    const hourly = stamp(this.options, Math.floor(seconds / gasInterval) * gasInterval);
    const gas = registerText(1_234_567 + Math.floor(seconds / gasInterval), -3, { digits: 5, decimals: 3 });
    const lines = [
      ...(version === 2 ? [] : [`1-3:0.2.8(${version}0)`, `0-0:1.0.0(${now})`]),
      `0-0:96.1.1(${hex(`E${String(this.options.number).padStart(16, "0")}`)})`,
      `1-0:1.8.1(${registerText(imported, kilowattHours, register)}*kWh)`,
      `1-0:1.8.2(${registerText(0, kilowattHours, register)}*kWh)`,
      `1-0:2.8.1(${registerText(exported, kilowattHours, register)}*kWh)`,
      `1-0:2.8.2(${registerText(0, kilowattHours, register)}*kWh)`,
      "0-0:96.14.0(0001)",
      `1-0:1.7.0(${registerText(Math.max(power, 0), kilowatts, { digits: 2, decimals: 3 })}*kW)`,
      `1-0:2.7.0(${registerText(Math.max(-power, 0), kilowatts, { digits: 2, decimals: 3 })}*kW)`,
      "0-0:96.13.0()",
      "0-1:24.1.0(003)",
      `0-1:96.1.0(${hex(gasMeterId)})`,
      ...(this.options.heat === true
        ? [
            "0-2:24.1.0(012)",
            `0-2:96.1.0(${hex(heatMeterId)})`,
            `0-2:24.2.1(${hourly})(${registerText(94_218 + Math.floor(seconds / gasInterval), -3, { digits: 5, decimals: 3 })}*GJ)`,
          ]
        : []),
      ...(version === 2
        ? [`0-1:24.3.0(${hourly.slice(0, 12)})(00)(60)(1)(0-1:24.2.1)(m3)`, `(${gas})`]
        : [`0-1:24.2.1(${hourly})(${gas}*m3)`]),
    ];
    return dsmrTelegram({ identification: "DRH5\\2HASENMETER", lines }, version !== 2);
  }
}

/** YYMMDDhhmmss and W: the simulated winter never ends. */
function stamp(options: DsmrOptions, seconds: number): string {
  const start = options.started ?? Date.UTC(2026, 0, 1);
  const digits = new Date(start + 1000 * seconds).toISOString().replace(/[^0-9]/g, "");
  return `${digits.slice(2, 14)}W`;
}

function hex(text: string): string {
  return Buffer.from(text).toString("hex").toUpperCase();
}

const versions = { v5: 5, v4: 4, v2: 2, sealed: 5, heat: 5 } as const;

/** The key of the simulated meter that seals what it says, as in Luxembourg; a public one, for nothing else. */
export const dsmrKey = "000102030405060708090a0b0c0d0e0f";

/** What a Luxembourgish meter sends: each telegram sealed under a counter of its own. */
function sealing(key: string): (telegram: Uint8Array) => Uint8Array {
  const title = fromHex("4452486861736531")!;
  let counter = 0;
  return (telegram) =>
    sealedTelegram(nodeCiphers, { key: fromHex(key)!, title, counter: ++counter }, telegram);
}

export const dsmrSimulator: Simulator = {
  language: "dsmr",
  line: { baud: 115_200, form: "8N1" },
  profiles: Object.keys(versions),
  period: 1000,
  decode: `--key ${dsmrKey}`,
  settings: (profile) => (profile === "sealed" ? "keyFile: ./meter-key" : ""),
  create: ({ profile, seed }) => {
    const version = versions[profile as keyof typeof versions];
    const meter = new DsmrMeter({ version, number: 1, seed, heat: profile === "heat" });
    const said = profile === "sealed" ? sealing(dsmrKey) : (telegram: Uint8Array) => telegram;
    return { step: (ms) => meter.step(ms), telegram: () => said(meter.telegram()), receive: () => [] };
  },
};

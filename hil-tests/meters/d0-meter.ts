import { concat } from "../../protocols/bytes.ts";
import {
  initialBaud,
  LineReader,
  readAcknowledge,
  readIdentification,
  readRequest,
} from "../../protocols/d0-message.ts";
import { d0Block, d0Identification, d0Readout } from "../../protocols/d0-write.ts";
import {
  energyScaler,
  Household,
  type HouseholdOptions,
  type HouseholdState,
  powerScaler,
} from "./household.ts";
import { registerText } from "./register-text.ts";
import type { Simulator } from "./simulator.ts";

/** How a D0 meter speaks: by itself (D), or when it is asked (A, B, C, told by its identification). */
export interface D0Profile {
  readonly identification: string;
  readonly pushes: boolean;
  /** Lines of its readout. */
  readonly lines: (state: HouseholdState, address: string) => readonly string[];
}

const kilowattHours = energyScaler - 3;

export const d0Profiles = {
  ehz: {
    identification: "EMH5----eHZ-E0018E",
    pushes: true,
    lines: ({ imported }, address) => [
      `1-0:0.0.0*255(${address})`,
      `1-0:1.8.1*255(${registerText(imported, kilowattHours, { digits: 6, decimals: 4 })})`,
      "1-0:96.5.5*255(80)",
      `0-0:96.1.255*255(${address})`,
    ],
  },
  q3d: {
    identification: "ESY5Q3DA1024 V3.02",
    pushes: true,
    lines: ({ imported, exported, power, phases }, address) => [
      `1-0:0.0.0*255(${address})`,
      `1-0:1.8.0*255(${registerText(imported, kilowattHours, { digits: 8, decimals: 7 })}*kWh)`,
      `1-0:2.8.0*255(${registerText(exported, kilowattHours, { digits: 8, decimals: 7 })}*kWh)`,
      ...phases.map((phase, i) => `1-0:${21 + 20 * i}.7.0*255(${watts(phase)}*W)`),
      `1-0:16.7.0*255(${watts(power)}*W)`,
      "1-0:96.5.5*255(80)",
    ],
  },
  modeA: { identification: "XYZ METER", pushes: false, lines: asked },
  /** C: 2400 baud. */
  modeB: { identification: "LUGCUH50", pushes: false, lines: asked },
  /** 5: 9600 baud; \@ is an escape sequence that means nothing here. */
  modeC: { identification: "ELS5\\@V9.30", pushes: false, lines: asked },
  /** Small third letter: answers after 20 ms. */
  fast: { identification: "ISk5MT174-0001", pushes: false, lines: asked },
} as const satisfies Record<string, D0Profile>;

export type D0ProfileName = keyof typeof d0Profiles;

/** What a meter sends: after a pause, at its own speed. */
export interface D0Answer {
  /** ms since what it answers. */
  readonly pause: number;
  readonly baud: number;
  readonly bytes: Uint8Array;
}

/** An electricity meter behind an optical head that speaks IEC 62056-21. Knows no clock: time is what `step` is told. */
export class D0Meter {
  readonly address: string;
  private readonly profile: D0Profile;
  private readonly household: Household;
  private readonly lines = new LineReader();
  /** It has identified itself and waits for the acknowledgement. */
  private identified = false;

  constructor(options: HouseholdOptions & { readonly profile: D0ProfileName }) {
    this.profile = d0Profiles[options.profile];
    this.household = new Household(options);
    this.address = String(10_000_000 + options.number);
  }

  get state(): HouseholdState {
    return this.household.state;
  }

  step(ms: number): void {
    this.household.step(ms);
  }

  /** What a meter of mode D pushes now. */
  telegram(): Uint8Array {
    return d0Readout({ identification: this.profile.identification, lines: this.dataLines() }, false);
  }

  /** What it answers to bytes from the host. */
  receive(bytes: Uint8Array): readonly D0Answer[] {
    const answers: D0Answer[] = [];
    for (const byte of bytes) {
      const line = this.lines.take(byte);
      if (line !== null && !this.profile.pushes) {
        answers.push(...this.answer(line));
      }
    }
    return answers;
  }

  private answer(line: string): readonly D0Answer[] {
    const { mode, baud, pause } = readIdentification(`/${this.profile.identification}`)!;
    const address = readRequest(line);
    if (address === "" || address === this.address) {
      const identification = d0Identification(this.profile.identification);
      this.identified = mode === "C";
      if (mode === "A") {
        return [{ pause, baud: initialBaud, bytes: concat([identification, this.block()]) }];
      }
      const opening = { pause, baud: initialBaud, bytes: identification };
      return mode === "B" ? [opening, { pause, baud, bytes: this.block() }] : [opening];
    }
    const wanted = readAcknowledge(line);
    if (!this.identified || wanted === null) {
      return [];
    }
    this.identified = false;
    return [{ pause, baud: wanted <= baud ? wanted : initialBaud, bytes: this.block() }];
  }

  private block(): Uint8Array {
    return d0Block(this.dataLines());
  }

  private dataLines(): readonly string[] {
    return this.profile.lines(this.household.state, this.address);
  }
}

function asked({ imported, exported }: HouseholdState, address: string): readonly string[] {
  return [
    "F.F(00)",
    `C.1(${address})`,
    `1.8.0(${registerText(imported, kilowattHours, { digits: 6, decimals: 1 })}*kWh)`,
    `2.8.0(${registerText(exported, kilowattHours, { digits: 6, decimals: 1 })}*kWh)`,
  ];
}

function watts(power: number): string {
  return registerText(power, powerScaler, { digits: 6, decimals: 2 });
}

/** Profiles of the modes that wait to be asked have their mode's name. */
export const d0Simulator: Simulator = {
  language: "d0",
  line: { baud: 9600, form: "7E1" },
  profiles: ["q3d", ...Object.keys(d0Profiles).filter((name) => name !== "q3d")],
  period: 2000,
  decode: "",
  settings: (profile) => (d0Profiles[profile as D0ProfileName].pushes ? "" : "mode: asked"),
  create: ({ profile, seed }) => {
    const chosen = profile as D0ProfileName;
    const meter = new D0Meter({ profile: chosen, number: 1, seed });
    return {
      step: (ms) => meter.step(ms),
      telegram: () => (d0Profiles[chosen].pushes ? meter.telegram() : null),
      receive: (bytes) => meter.receive(bytes),
    };
  },
};

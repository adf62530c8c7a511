/** Wireless meters as a USB receiver hands them out: telegrams from their L field on, one behind the other, encrypted or not. */
import { concat } from "../../protocols/bytes.ts";
import { nodeCiphers } from "../../protocols/crypto-node.ts";
import { isFault } from "../../protocols/fault.ts";
import { makerWriters } from "../../protocols/wmbus-makers/maker-write.ts";
import { framedBy, type ReceiverName, receiverNames } from "../../protocols/wmbus-receiver.ts";
import { writeWireless } from "../../protocols/wmbus-write.ts";
import { energyScaler, Household, type HouseholdState } from "./household.ts";
import { busIds, type MbusKindName, mbusAddressOf, mbusKinds } from "./mbus-meter.ts";
import type { Simulator } from "./simulator.ts";

/** The key of every encrypted simulated meter; a public one, for nothing else. */
export const wirelessKey = "000102030405060708090a0b0c0d0e0f";

/** Encryption field of an ELL session number: AES-128-CTR (EN 13757-4 §13.2.13). */
const ellAesCtr = 0x20;

export type WirelessSecurity = "none" | "mode5" | "mode7" | "ell";

/** One meter on the air. */
export class WirelessMeter {
  readonly id: string;
  private readonly kind: MbusKindName;
  private readonly security: WirelessSecurity;
  private readonly key: Uint8Array;
  private sent = 0;

  constructor(options: {
    readonly kind: MbusKindName;
    readonly id: string;
    readonly security: WirelessSecurity;
    readonly key?: string;
  }) {
    this.kind = options.kind;
    this.id = options.id;
    this.security = options.security;
    this.key = Uint8Array.from(Buffer.from(options.key ?? wirelessKey, "hex"));
  }

  /** What it sends now. */
  telegram(state: HouseholdState): Uint8Array {
    const number = this.sent++;
    const telegram = writeWireless(
      {
        address: mbusAddressOf(this.kind, this.id),
        accessNumber: number & 0xff,
        data: mbusKinds[this.kind].records(state),
        security: this.security,
        key: this.key,
        counter: Uint8Array.of(
          number & 0xff,
          (number >> 8) & 0xff,
          0,
          this.security === "ell" ? ellAesCtr : 0,
        ),
      },
      nodeCiphers,
    );
    if (isFault(telegram)) {
      throw new Error(telegram.detail);
    }
    return telegram;
  }
}

/** A heat and a water meter in formats of their makers' own, which have no records: Techem's and Diehl's. */
function makersMeters({ imported, seconds }: HouseholdState): Uint8Array {
  const year = { due: { year: 2025, month: 12, day: 31 }, today: { year: 2026, month: 2, day: 28 } };
  const telegram = (name: string, id: string, now: number) =>
    makerWriters
      .find((writer) => writer.name === name)!
      .write({ ...year, id, now, before: Math.floor(now / 2) }, nodeCiphers);
  return concat([
    telegram("Techem compact V", busIds.heat, Math.floor(imported / 10 ** (3 - energyScaler))),
    telegram("Diehl PRIOS (Izar)", busIds.water, 154_201 + Math.floor(seconds / 30)),
  ]);
}

const securities: readonly WirelessSecurity[] = ["none", "mode5", "mode7", "ell"];

/** Whose frames a profile has; telegrams in frames are sealed in mode 5. */
function receiverOf(profile: string): ReceiverName {
  return receiverNames.find((name) => name === profile) ?? "plain";
}

export const wmbusSimulator: Simulator = {
  language: "wmbus",
  line: { baud: 57_600, form: "8N1" },
  profiles: ["open", "mode5", "mode7", "ell", "makers", ...receiverNames.filter((name) => name !== "plain")],
  period: 4000,
  settings: (profile) => {
    const receiver = receiverOf(profile) === "plain" ? "" : `, receiver: ${profile}, baud: 57600`;
    return `address: ${busIds.heat}${profile === "open" || profile === "makers" ? "" : ", keyFile: ./meter-key"}${receiver}`;
  },
  decode: (profile) =>
    `--key ${wirelessKey}${receiverOf(profile) === "plain" ? "" : ` --receiver ${profile}`}`,
  create: ({ profile, seed }) => {
    const household = new Household({ number: 1, seed });
    const receiver = receiverOf(profile);
    const security = securities.find((one) => one === profile) ?? (receiver === "plain" ? "none" : "mode5");
    const meters = (Object.keys(busIds) as MbusKindName[]).map(
      (kind) => new WirelessMeter({ kind, id: busIds[kind], security }),
    );
    return {
      step: (ms) => household.step(ms),
      telegram: () =>
        profile === "makers"
          ? makersMeters(household.state)
          : concat(meters.map((meter) => framedBy(receiver, meter.telegram(household.state)))),
      receive: () => [],
    };
  },
};

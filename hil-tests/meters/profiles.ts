import type { SmlChecksum } from "../../protocols/sml-message.ts";

/** How a maker's meter writes its telegrams: what the captures in facts/meters.md show. */
export interface MeterProfile {
  readonly title: string;
  /** Three letters inside the server id (DIN 43863-5). */
  readonly maker: string;
  readonly checksum: SmlChecksum;
  readonly energy: Register;
  readonly power: Register;
  /** Power of each phase, beside the total. */
  readonly phases: boolean;
  /** Status word of the first register, its width in bytes; 0: none. */
  readonly statusWidth: number;
  /** Every entry has a time, as seconds index. */
  readonly timed: boolean;
  /** Serial numbers begin here. */
  readonly serials: number;
  /** Writes positive power as a signed number that is too narrow, as DZG's DVS74 did. */
  readonly signFault: boolean;
}

export interface Register {
  readonly signed: boolean;
  /** Bytes; 0: as few as hold the value. */
  readonly width: number;
  /** Power of ten, in Wh or W. */
  readonly scaler: number;
}

const usual = { checksum: "x25", phases: false, statusWidth: 4, timed: false, signFault: false } as const;

export const meterProfiles = {
  dzg: {
    ...usual,
    title: "DZG DVS-7420 (repaired series)",
    maker: "DZG",
    energy: { signed: false, width: 0, scaler: -1 },
    power: { signed: true, width: 0, scaler: -2 },
    statusWidth: 3,
    timed: true,
    serials: 60_694_000,
  },
  dzgFaulty: {
    ...usual,
    title: "DZG DVS74 (serial numbers with the sign fault)",
    maker: "DZG",
    energy: { signed: false, width: 0, scaler: -1 },
    power: { signed: true, width: 0, scaler: -2 },
    statusWidth: 3,
    timed: true,
    serials: 42_000_000,
    signFault: true,
  },
  ebz: {
    ...usual,
    title: "eBZ DD3",
    maker: "EBZ",
    energy: { signed: true, width: 8, scaler: -5 },
    power: { signed: true, width: 4, scaler: -2 },
    phases: true,
    statusWidth: 3,
    serials: 1_000_000,
  },
  emh: {
    ...usual,
    title: "EMH eHZ",
    maker: "EMH",
    energy: { signed: true, width: 5, scaler: -1 },
    power: { signed: true, width: 4, scaler: -1 },
    statusWidth: 3,
    serials: 4_300_000,
  },
  holley: {
    ...usual,
    title: "Holley DTZ541 (Kermit checksums)",
    maker: "HLY",
    checksum: "kermit",
    energy: { signed: false, width: 4, scaler: -1 },
    power: { signed: true, width: 0, scaler: 0 },
    phases: true,
    serials: 88_000,
  },
  iskra: {
    ...usual,
    title: "ISKRA MT631",
    maker: "ISK",
    energy: { signed: false, width: 4, scaler: -1 },
    power: { signed: true, width: 0, scaler: 0 },
    serials: 70_000_000,
  },
} satisfies Record<string, MeterProfile>;

export type MeterProfileName = keyof typeof meterProfiles;

/** Meters of several kinds on a wired M-Bus, and what they have to say: heat, water, gas and electricity of one house. */
import { concat, fromHex } from "../../protocols/bytes.ts";
import { nodeCiphers } from "../../protocols/crypto-node.ts";
import { configOf, sealMode5 } from "../../protocols/mbus-seal.ts";
import { writeAnswer, writeRecord } from "../../protocols/mbus-write.ts";
import { energyScaler, Household, powerScaler } from "./household.ts";
import { type BusMeter, MbusBus } from "./mbus-bus.ts";
import type { Simulator } from "./simulator.ts";

/** A kind of meter: its device type (EN 13757-7 table 13), its maker's letters as a number, its version. */
interface Kind {
  readonly medium: number;
  readonly maker: string;
  readonly version: number;
  records(state: Flow): Uint8Array;
}

/** What runs through a house's meters; whole numbers. */
export interface Flow {
  /** Wh and W of electricity, hundred-thousandths and hundredths. */
  readonly imported: number;
  readonly power: number;
  readonly seconds: number;
}

const instant = { function: "instantaneous", storage: 0, tariff: 0, subunit: 0 } as const;

function integer(vib: readonly number[], bytes: 1 | 2 | 3 | 4 | 6 | 8, value: number): Uint8Array {
  return writeRecord({ ...instant, vib, data: { coding: "integer", bytes, value } });
}

function digits(vib: readonly number[], bytes: 1 | 2 | 3 | 4 | 6, value: number): Uint8Array {
  return writeRecord({ ...instant, vib, data: { coding: "bcd", bytes, value } });
}

/** VIFs of EN 13757-3 table 10: 06 energy in kWh, 03 in Wh, 2b power in W, 13 volume in l, 14 in 10 l, 3b flow in l/h, 5a and 5e temperatures in 0.1 degC. */
export const mbusKinds = {
  heat: {
    medium: 0x04,
    maker: "a511", // DME
    version: 0x40,
    records: ({ imported, power, seconds }) =>
      concat([
        digits([0x06], 4, Math.floor(imported / 10 ** (3 - energyScaler))),
        digits([0x13], 4, 1_204_318 + Math.floor(seconds / 20)),
        integer([0x2b], 4, Math.max(0, Math.floor(power / 10 ** -powerScaler))),
        digits([0x5a], 2, 652 + (seconds % 7)),
        digits([0x5e], 2, 431 + (seconds % 5)),
      ]),
  },
  water: {
    medium: 0x07,
    maker: "7704", // ACW
    version: 0x0e,
    records: ({ seconds }) => digits([0x13], 4, 154_201 + Math.floor(seconds / 30)),
  },
  gas: {
    medium: 0x03,
    maker: "9315", // ELS
    version: 0x31,
    records: ({ seconds }) => digits([0x14], 4, 81_204 + Math.floor(seconds / 300)),
  },
  electricity: {
    medium: 0x02,
    maker: "4204", // ABB
    version: 0x02,
    records: ({ imported, power }) =>
      concat([
        integer([0x03], 6, Math.floor(imported / 10 ** -energyScaler)),
        integer([0x2b], 4, Math.trunc(power / 10 ** -powerScaler)),
      ]),
  },
} as const satisfies Record<string, Kind>;

export type MbusKindName = keyof typeof mbusKinds;

/** The eight bytes of an address as they go on the air and on the bus: maker, id, version, type. */
export function mbusAddressOf(kind: MbusKindName, id: string): Uint8Array {
  const { maker, version, medium } = mbusKinds[kind];
  return concat([fromHex(maker)!, fromHex(id)!.reverse(), Uint8Array.of(version, medium)]);
}

/** The key of sealed simulated meters; a public one, for nothing else. */
export const busKey = "000102030405060708090a0b0c0d0e0f";

/** One meter on the bus, which says what `flow` gives at that moment; with a key it seals that in mode 5. */
export function busMeter(
  kind: MbusKindName,
  place: { readonly primary: number; readonly id: string },
  flow: () => Flow,
  key: string | null = null,
): BusMeter {
  const address = mbusAddressOf(kind, place.id);
  let accessNumber = 0;
  const rest = Buffer.from([...address.subarray(0, 2), ...address.subarray(6)]).toString("hex");
  return {
    primary: place.primary,
    secondary: { kind: "secondary", id: place.id, rest },
    telegrams: () => {
      const header = { address, accessNumber: accessNumber++ & 0xff, status: 0 };
      const records = mbusKinds[kind].records(flow());
      const data =
        key === null ? records : sealMode5(nodeCiphers, { ...header, key: fromHex(key)! }, records);
      return [writeAnswer({ ...header, config: configOf(key === null ? 0 : 5, data) }, data)];
    },
  };
}

/** Primary addresses 1 to 4 and these ids, in the order of the kinds. */
export const busIds: Readonly<Record<MbusKindName, string>> = {
  heat: "66600101",
  water: "66600102",
  gas: "66600103",
  electricity: "66600104",
};

const kindNames = Object.keys(mbusKinds) as MbusKindName[];

export const mbusSimulator: Simulator = {
  language: "mbus",
  line: { baud: 2400, form: "8E1" },
  profiles: ["house", ...kindNames, "sealed"],
  period: 1000,
  decode: `--key ${busKey}`,
  settings: (profile) => {
    const address = Math.max(0, kindNames.indexOf(profile as MbusKindName)) + 1;
    return `address: ${address}${profile === "sealed" ? ", keyFile: ./meter-key" : ""}`;
  },
  create: ({ profile, seed }) => {
    const household = new Household({ number: 1, seed });
    const key = profile === "sealed" ? busKey : null;
    const wanted = kindNames.filter((name) => profile === "house" || key !== null || profile === name);
    const meters = wanted.map((name) =>
      busMeter(name, { primary: kindNames.indexOf(name) + 1, id: busIds[name] }, () => household.state, key),
    );
    const bus = new MbusBus(meters);
    return {
      step: (ms) => household.step(ms),
      telegram: () => null,
      receive: (bytes) => bus.receive(bytes).map((answer) => ({ pause: 20, bytes: answer })),
    };
  },
};

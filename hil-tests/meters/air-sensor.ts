/** Bluetooth sensors of a room as their adverts have it: BTHome v2, clear and sealed, and Ruuvi's format 5. */
import { concat, fromHex } from "../../protocols/bytes.ts";
import { sealCcm } from "../../protocols/ccm.ts";
import { nodeCiphers } from "../../protocols/crypto-node.ts";
import { energyScaler, Household, type HouseholdState, powerScaler } from "./household.ts";

/** A sensor that advertises: what it says, and where in an advert. */
export interface AirSensor {
  /** Lets time pass, in whole ms. */
  step(ms: number): void;
  /** The data of its next advert: each is a new one. */
  advert(): Uint8Array;
}

export interface AirSimulator {
  readonly language: "bthome" | "ruuvi";
  readonly profiles: readonly string[];
  /** Its Bluetooth address. */
  readonly address: string;
  /** Between two adverts, ms. */
  readonly period: number;
  create(options: { readonly seed: number; readonly profile: string }): AirSensor;
  /** What a gateway's config says of it beside language, port and address. */
  settings(profile: string): string;
  /** Options that `hasen decode` needs. */
  decode(profile: string): string;
}

/** The key of the sealed sensor; a public one, for nothing else. */
export const airKey = "000102030405060708090a0b0c0d0e0f";

const clear = 0x40; // BTHome v2
const sealed = 0x41; // the same, encrypted

/** Little-endian, in so many bytes. */
function small(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => (value >> (8 * i)) & 255);
}

/** What a room is like, in hundredths of a degree and of a percent, and in Pa. */
function roomOf({ seconds }: HouseholdState): { temperature: number; humidity: number; pressure: number } {
  return {
    temperature: 2143 + (seconds % 37),
    humidity: 5055 - (seconds % 23),
    pressure: 100_044 + (seconds % 11),
  };
}

/** Objects in ascending order of their ids (bthome.io/format): battery, temperature, humidity. */
function roomObjects(state: HouseholdState): Uint8Array {
  const { temperature, humidity } = roomOf(state);
  return Uint8Array.from([0x01, 97, 0x02, ...small(temperature, 2), 0x03, ...small(humidity, 2)]);
}

/** A plug that measures: energy in Wh (0a, thousandths of a kWh), power in hundredths of a W (0b). Sealed, since it tells about people. */
function plugObjects({ imported, power }: HouseholdState): Uint8Array {
  const energy = Math.floor(imported / 10 ** -energyScaler) % 2 ** 24;
  const watts = Math.max(0, Math.floor(power * 10 ** (powerScaler + 2)));
  return Uint8Array.from([0x0a, ...small(energy, 3), 0x0b, ...small(watts, 3)]);
}

/** Objects as a sensor with `airKey` says them. Nonce: address, UUID, info byte, counter (bthome.io/encryption). */
export function sealBthome(address: string, objects: Uint8Array, count: number): Uint8Array {
  const counter = Uint8Array.from(small(count, 4));
  const mac = fromHex(address.replaceAll(":", ""))!;
  const nonce = concat([mac, Uint8Array.of(0xd2, 0xfc, sealed), counter]);
  const box = sealCcm(nodeCiphers, { key: fromHex(airKey)!, nonce }, objects, 4);
  return concat([Uint8Array.of(sealed), box.subarray(0, objects.length), counter, box.subarray(-4)]);
}

const roomAddress = "A4:C1:38:00:11:22";

export const bthomeSimulator: AirSimulator = {
  language: "bthome",
  profiles: ["room", "sealed"],
  address: roomAddress,
  period: 1000,
  create: ({ seed, profile }) => {
    const household = new Household({ number: 1, seed });
    let count = 0;
    return {
      step: (ms) => household.step(ms),
      advert: () =>
        profile === "sealed"
          ? sealBthome(roomAddress, plugObjects(household.state), ++count)
          : concat([Uint8Array.of(clear, 0x00, count++ & 255), roomObjects(household.state)]),
    };
  },
  settings: (profile) => (profile === "sealed" ? "keyFile: ./meter-key" : ""),
  decode: (profile) =>
    profile === "sealed" ? `--key ${airKey} --mac ${roomAddress.replaceAll(":", "")}` : "",
};

const tagAddress = "CB:B8:33:4C:88:4F";

/** Ruuvi's format 5, big-endian: steps of 0.005 °C, 0.0025 %, 1 Pa above 50,000; battery 1.6 V + 11 bits of mV, 5 bits of power. */
export const ruuviSimulator: AirSimulator = {
  language: "ruuvi",
  profiles: ["v5"],
  address: tagAddress,
  period: 1285,
  create: ({ seed }) => {
    const household = new Household({ number: 2, seed });
    let number = 0;
    return {
      step: (ms) => household.step(ms),
      advert: () => {
        const { temperature, humidity, pressure } = roomOf(household.state);
        const bytes = new Uint8Array(24);
        const view = new DataView(bytes.buffer);
        view.setUint8(0, 5);
        view.setInt16(1, temperature * 2);
        view.setUint16(3, humidity * 4);
        view.setUint16(5, pressure - 50_000);
        view.setInt16(11, 1036); // lies still, mG
        view.setUint16(13, ((2977 - 1600) << 5) | 22);
        view.setUint16(16, number++ & 0xffff);
        bytes.set(fromHex(tagAddress.replaceAll(":", ""))!, 18);
        return bytes;
      },
    };
  },
  settings: () => "",
  decode: () => "",
};

export const airSimulators: readonly AirSimulator[] = [bthomeSimulator, ruuviSimulator];

/** A smart meter's customer interface as in Austria: DLMS notifications every five seconds, in HDLC or M-Bus frames, sealed or not. */
import { concat, utf8 } from "../../protocols/bytes.ts";
import { nodeCiphers } from "../../protocols/crypto-node.ts";
import {
  type DataForm,
  hdlcSegments,
  mbusSegments,
  sealApdu,
  writeData,
  writeNotification,
} from "../../protocols/dlms-write.ts";
import { dlmsUnitCode, obisBytes } from "../../protocols/obis.ts";
import { energyScaler, Household, type HouseholdOptions, powerScaler } from "./household.ts";
import type { Simulator } from "./simulator.ts";

/** The keys of every simulated meter; public ones, for nothing else. */
export const dlmsKey = "000102030405060708090a0b0c0d0e0f";
export const dlmsAuth = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf";

/** Bytes of an APDU in one frame, as Kaifa and Sagemcom meters cut it. */
const segmentMax = 120;
const title = utf8("HAS00001");
const addresses = Uint8Array.of(0xcf, 0x02, 0x23);
const typeStructure = 2;
const typeUint32 = 6;
const typeOctets = 9;
const typeInt8 = 15;
const typeEnum = 22;
/** Authenticated and encrypted. */
const sealedBoth = 0x30;

export interface DlmsOptions extends HouseholdOptions {
  readonly framing: "hdlc" | "mbus";
  readonly sealed: boolean;
}

export class DlmsMeter {
  private readonly household: Household;
  private readonly options: DlmsOptions;
  private counter = 0;

  constructor(options: DlmsOptions) {
    this.options = options;
    this.household = new Household(options);
  }

  get state() {
    return this.household.state;
  }

  step(ms: number): void {
    this.household.step(ms);
  }

  /** What it pushes now: whole Wh both ways, whole W both ways. */
  telegram(): Uint8Array {
    const apdu = this.apdu();
    const { framing, sealed } = this.options;
    const keys = {
      ciphers: nodeCiphers,
      key: Uint8Array.from(Buffer.from(dlmsKey, "hex")),
      auth: Uint8Array.from(Buffer.from(dlmsAuth, "hex")),
    };
    const order = { title, counter: ++this.counter, control: sealedBoth };
    const content = sealed ? sealApdu(keys, order, apdu) : apdu;
    return concat(
      framing === "hdlc" ? hdlcSegments(addresses, content, segmentMax) : mbusSegments(content, segmentMax),
    );
  }

  private apdu(): Uint8Array {
    const { imported, exported, power, seconds } = this.household.state;
    const wattHours = (value: number) => Math.floor(value / 10 ** -energyScaler);
    const watts = (value: number) => Math.max(0, Math.trunc(value / 10 ** -powerScaler));
    const registers = [
      register("1-0:1.8.0*255", wattHours(imported), "Wh"),
      register("1-0:2.8.0*255", wattHours(exported), "Wh"),
      register("1-0:1.7.0*255", watts(power), "W"),
      register("1-0:2.7.0*255", watts(-power), "W"),
      register("1-0:16.7.0*255", Math.trunc(power / 10 ** -powerScaler), "W"),
    ];
    const data = writeData({ type: typeStructure, octets: new Uint8Array(0), items: registers });
    return writeNotification(seconds & 0xffff, new Uint8Array(0), data);
  }
}

const typeInt32 = 5;

function register(obis: string, value: number, unit: string): DataForm {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setInt32(0, value);
  const none: readonly DataForm[] = [];
  const scaler = { type: typeInt8, octets: Uint8Array.of(0), items: none };
  const unitCode = { type: typeEnum, octets: Uint8Array.of(dlmsUnitCode(unit)!), items: none };
  return {
    type: typeStructure,
    octets: new Uint8Array(0),
    items: [
      { type: typeOctets, octets: obisBytes(obis)!, items: none },
      { type: value < 0 ? typeInt32 : typeUint32, octets, items: none },
      { type: typeStructure, octets: new Uint8Array(0), items: [scaler, unitCode] },
    ],
  };
}

const profiles: Readonly<Record<string, Pick<DlmsOptions, "framing" | "sealed">>> = {
  hdlc: { framing: "hdlc", sealed: false },
  "hdlc-sealed": { framing: "hdlc", sealed: true },
  mbus: { framing: "mbus", sealed: false },
  "mbus-sealed": { framing: "mbus", sealed: true },
};

export const dlmsSimulator: Simulator = {
  language: "dlms",
  line: { baud: 2400, form: "8E1" },
  profiles: Object.keys(profiles),
  period: 5000,
  settings: (profile) => (profile.endsWith("sealed") ? "keyFile: ./meter-key, authFile: ./meter-auth" : ""),
  decode: `--key ${dlmsKey} --auth ${dlmsAuth}`,
  create: ({ profile, seed }) => {
    const meter = new DlmsMeter({ ...profiles[profile]!, number: 1, seed });
    return { step: (ms) => meter.step(ms), telegram: () => meter.telegram(), receive: () => [] };
  },
};

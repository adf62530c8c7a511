/** The decoders that are fed with what nobody meant, one entry each. */
import { concat, fromHex, utf8 } from "../../protocols/bytes.ts";
import { decodeCbor, decodeDeterministicCbor } from "../../protocols/cbor.ts";
import { nodeCiphers } from "../../protocols/crypto-node.ts";
import { d0Block, d0Identification } from "../../protocols/d0-write.ts";
import { hdlcSegments, writeNotification } from "../../protocols/dlms-write.ts";
import { dsmrTelegram } from "../../protocols/dsmr-write.ts";
import { FrameReader } from "../../protocols/framing.ts";
import { meterLanguage, meterLanguages } from "../../protocols/index.ts";
import { lorawanCodecs } from "../../protocols/lorawan/index.ts";
import { parseUplink } from "../../protocols/lorawan/uplink.ts";
import { longFrame } from "../../protocols/mbus-frame.ts";
import { decodeDown, decodeUp } from "../../protocols/message.ts";
import type { MeterKeys, MeterLanguage } from "../../protocols/meter.ts";
import { rtuFrame } from "../../protocols/modbus-rtu-frame.ts";
import { decodeSenmlCbor, decodeSenmlJson } from "../../protocols/senml.ts";
import { hasSignFaultText } from "../../protocols/sml-dzg.ts";
import { smallSml } from "../../protocols/sml-small.ts";
import { smlMessage, smlTelegram } from "../../protocols/sml-write.ts";
import { makerWriters } from "../../protocols/wmbus-makers/maker-write.ts";
import { framedBy, receiverNames, wmbusBehind } from "../../protocols/wmbus-receiver.ts";
import { dlmsAuth, dlmsKey } from "../meters/dlms-meter.ts";
import { simulators } from "../meters/simulators.ts";

/** What takes one input. */
export type Feed = (bytes: Uint8Array) => void;

export interface Target {
  readonly name: string;
  /** Whole good inputs. */
  readonly good: readonly Uint8Array[];
  /** Good contents, and what makes an input with right lengths and checksums of any content: behind them a decoder reads on. */
  readonly contents: readonly Uint8Array[];
  readonly wrap: (content: Uint8Array) => Uint8Array;
  /** A new reader that lives as long as its line: every input goes on where the last one ended, and is read by itself too. */
  open(): Feed;
}

const keys: MeterKeys = {
  ciphers: nodeCiphers,
  key: fromHex(dlmsKey)!,
  auth: fromHex(dlmsAuth)!,
  mac: fromHex("a4c138001122")!,
};

const bytes = (hex: string) => fromHex(hex)!;
const text = (content: Uint8Array) => Buffer.from(content).toString("latin1");
const sets = "1-0:1.8.0*255(002941.6461*kWh)\r\n1-0:16.7.0*255(-00234.5*W)\r\n0-0:96.1.0(4142)";
const gas = "0-1:24.3.0(120517020000)(08)(60)(1)(0-1:24.2.1)(m3)\r\n(00124.477)";
/** EN 13757-3 records of several codings, behind a long header where wired. */
const records = bytes("0c06270485000413f20b00000265fa08426cdf1c0d780541424344450f0102");
const mbusHead = bytes("72020160662d2c0104010000" + "00");
const wirelessHead = bytes("442d2c02016066010407" + "7a01000000".slice(2));

const makerValues = {
  id: "12345678",
  now: 4711,
  before: 815,
  due: { year: 2025, month: 12, day: 31 },
  today: { year: 2026, month: 2, day: 28 },
};

/** Body of the value list in a telegram of our own meter: behind its tag, before its checksum. */
function listBody(telegram: Uint8Array): Uint8Array {
  const whole = Buffer.from(telegram);
  const from = whole.indexOf(Buffer.from("630701", "hex")) + 3;
  return telegram.slice(from, whole.indexOf(Buffer.from("630201", "hex")) - 15);
}

function simulated(language: string): Uint8Array[] {
  return simulators
    .filter((simulator) => simulator.language === language)
    .flatMap(({ profiles, create }) =>
      profiles.flatMap((profile) => create({ seed: 1, profile }).telegram() ?? []),
    );
}

const wraps: Readonly<Record<string, Pick<Target, "contents" | "wrap">>> = {
  bthome: {
    contents: [bytes("02ca0903bf13"), bytes("0c2c010161053a0146014d045461636f")],
    wrap: (content) => concat([Uint8Array.of(0x40), content]),
  },
  d0: {
    contents: [utf8(sets)],
    wrap: (content) => concat([d0Identification("ABC5METER"), d0Block([text(content)])]),
  },
  dlms: {
    contents: [
      bytes("020209060100010800ff06002ce2ce"),
      bytes("02020309060100010800ff06002ce2ce02020f00161e020309060100010700ff060000004c02020f00161b"),
    ],
    wrap: (content) =>
      concat(hdlcSegments(bytes("cf0223"), writeNotification(1, new Uint8Array(0), content), 120)),
  },
  dsmr: {
    contents: [utf8(sets), utf8(gas)],
    wrap: (content) => dsmrTelegram({ identification: "ABC5METER", lines: [text(content)] }, true),
  },
  mbus: {
    contents: [concat([mbusHead, records]), bytes("7302016066010000" + "0506e90123456789")],
    wrap: (content) => longFrame(8, 1, content.subarray(0, 253)) ?? new Uint8Array(0),
  },
  modbus: {
    contents: [bytes("04ce08fc08fd08fe"), new Uint8Array(100).fill(7)],
    wrap: (content) => {
      const registers = content.subarray(0, 2 * Math.floor(Math.min(content.length, 250) / 2));
      const asked = Uint8Array.of(3, 0, 0, 0, registers.length / 2);
      return concat([
        rtuFrame(1, asked),
        rtuFrame(1, concat([Uint8Array.of(3, registers.length), registers])),
      ]);
    },
  },
  ruuvi: {
    contents: [bytes("12fc5394c37c0004fffc040cac364200cdcbb8334c884f"), bytes("291a1ece1efc18f94202ca0b53")],
    wrap: (content) => concat([Uint8Array.of(content.length < 20 ? 3 : 5), content]),
  },
  sml: {
    contents: simulated("sml").map(listBody),
    wrap: (body) =>
      smlTelegram(
        [smlMessage({ transaction: bytes("00000001"), tag: 0x0701, body, checksum: "x25" })],
        "x25",
      ),
  },
  wmbus: {
    // What stands behind the L field: the standard's records, and every format of a maker's.
    contents: [
      concat([wirelessHead, records]),
      ...makerWriters.map(({ write }) => write(makerValues, nodeCiphers).subarray(1)),
    ],
    wrap: (content) => concat([Uint8Array.of(Math.min(content.length, 255)), content.subarray(0, 255)]),
  },
};

/** Each input by itself, with keys, and as the next piece of a line that never ends. */
function languageFeed(language: MeterLanguage): Feed {
  const line = language.decoder(keys, language.name === "sml" ? { salvage: true } : {});
  return (input) => {
    const alone = language.decoder(keys);
    alone.push(input);
    alone.end();
    line.push(input);
  };
}

const languages: readonly Target[] = meterLanguages.map(({ name }) => {
  const { contents, wrap } = wraps[name]!;
  return {
    name,
    good: [...simulated(name), ...contents.map(wrap)],
    contents,
    wrap,
    open: () => languageFeed(meterLanguage(name)!),
  };
});

/** Wireless telegrams in the frames of receivers: the mutation reaches them behind the frame's checksum. */
const receivers: readonly Target[] = receiverNames
  .filter((name) => name !== "plain")
  .map((name) => {
    const { contents, wrap } = wraps["wmbus"]!;
    const framed = (content: Uint8Array) => framedBy(name, wrap(content));
    return {
      name: `wmbus ${name}`,
      good: contents.map(framed),
      contents,
      wrap: framed,
      open: () => languageFeed(wmbusBehind(name)),
    };
  });

const uplink = JSON.stringify({
  deviceInfo: { devEui: "a81758fffe03a1b2" },
  fPort: 5,
  fCnt: 7,
  data: "AQDiAikEACcFBg==",
  time: "2026-01-02T03:04:05Z",
});
const senml =
  '[{"bn":"urn:dev:ops:a-1:","bt":1.7e9,"n":"t","u":"Cel","v":23.10},{"n":"h","v":-4e2,"vs":"x"}]';
const cbor = bytes("82a221782275726e3a6465763a6f70733a612d31006174a2006168020a9f0102ff".slice(0, 62));

const lorawan: Target = {
  name: "lorawan",
  good: [...lorawanCodecs.flatMap(({ examples }) => examples.map(({ hex }) => bytes(hex))), utf8(uplink)],
  contents: [utf8(uplink)],
  wrap: (content) => content,
  open: () => (input) => {
    for (const codec of lorawanCodecs) {
      codec.decode(input[0] ?? 1, input.subarray(1));
      codec.decode(codec.examples[0]?.port ?? 1, input);
    }
    parseUplink(text(input));
  },
};

/** The reader of SML at boards, with registers that the contents have. */
const smlAtBoard: Target = {
  name: "sml at a board",
  good: simulated("sml"),
  ...wraps["sml"]!,
  open: () => {
    const registers = [
      { code: "\x01\0\x01\x08\0\xff", unit: 30, exponent: -4 },
      { code: "\x01\0\x10\x07\0\xff", unit: 27, exponent: -2, power: true as const },
    ];
    const take = smallSml(registers, hasSignFaultText);
    const sink = { registers: () => undefined, fault: () => undefined };
    return (input) => take(input, sink);
  },
};

const others: readonly Target[] = [
  {
    name: "cbor",
    good: [cbor, bytes("8300190102820105"), bytes("850144b3fc0a8d1b0000019fbcc4290019ea60d84d420102")],
    contents: [cbor],
    wrap: (content) => content,
    open: () => (input) => {
      decodeCbor(input);
      decodeDeterministicCbor(input);
      decodeUp(input);
      decodeDown(input);
      decodeSenmlCbor(input);
    },
  },
  {
    name: "framing",
    good: [bytes("0301020300"), bytes("00ff00")],
    contents: [],
    wrap: (content) => content,
    open: () => {
      const reader = new FrameReader();
      return (input) => {
        reader.push(
          input,
          () => undefined,
          () => undefined,
        );
      };
    },
  },
  {
    name: "senml",
    good: [utf8(senml)],
    contents: [utf8(senml)],
    wrap: (content) => content,
    open: () => (input) => {
      decodeSenmlJson(text(input));
    },
  },
];

export const targets: readonly Target[] = [...languages, smlAtBoard, ...receivers, lorawan, ...others];

import { LorawanAir, lorawanNodes, lorawanServers } from "../../hil-tests/meters/lorawan-node.ts";
import { isFault } from "../../protocols/fault.ts";
import { meterLanguage } from "../../protocols/index.ts";
import { lorawanCodec } from "../../protocols/lorawan/index.ts";
import { parseUplink } from "../../protocols/lorawan/uplink.ts";
import type { MeterDecoder } from "../../protocols/meter.ts";
import { type BareCipher, bareCbc, bareCcm, bareGcm } from "./bare-aes.ts";
import type { Bench, PreparedBench } from "./bench.ts";
import { cpuEach } from "./cpu-time.ts";
import {
  advertLines,
  benchKeys,
  dlmsLines,
  type MeterLine,
  mbusLines,
  modbusExchanges,
  sentLines,
  wirelessLines,
} from "./meter-lines.ts";
import { modbusPeer } from "./modbus-peer.ts";
import { median } from "./runner.ts";

/** Decodes everything once and says how many telegrams that were. */
type Pass = () => number;

interface DecodeOrder {
  readonly name: string;
  readonly language: string;
  readonly lines: () => MeterLine[];
  /** What opening the sealed ones is compared with; for clear ones there is `said`. */
  readonly bare?: readonly [peer: string, cipher: BareCipher];
}

/** Where nobody else's decoder can be had: how long it takes to read the same out of JSON, which somebody has decoded. */
const jsonPeer = "JSON.parse of what they say";

const orders: readonly DecodeOrder[] = [
  { name: "bthome-decode", language: "bthome", lines: () => advertLines("bthome", "room") },
  {
    name: "bthome-sealed",
    language: "bthome",
    lines: () => advertLines("bthome", "sealed"),
    bare: ["bare AES-CCM open", bareCcm],
  },
  { name: "d0-decode", language: "d0", lines: () => sentLines("d0", ["ehz", "q3d"]) },
  { name: "dlms-decode", language: "dlms", lines: () => dlmsLines(false) },
  {
    name: "dlms-sealed",
    language: "dlms",
    lines: () => dlmsLines(true),
    bare: ["bare AES-GCM open", bareGcm],
  },
  { name: "dsmr-decode", language: "dsmr", lines: () => sentLines("dsmr", ["v4", "v5"]) },
  {
    name: "dsmr-sealed",
    language: "dsmr",
    lines: () => sentLines("dsmr", ["sealed"]),
    bare: ["bare AES-GCM open", bareGcm],
  },
  { name: "mbus-decode", language: "mbus", lines: mbusLines },
  { name: "ruuvi-decode", language: "ruuvi", lines: () => advertLines("ruuvi", "v5") },
  { name: "wmbus-decode", language: "wmbus", lines: () => wirelessLines("none") },
  {
    name: "wmbus-sealed",
    language: "wmbus",
    lines: () => wirelessLines("mode5"),
    bare: ["bare AES-CBC decrypt", bareCbc],
  },
];

/** Telegrams of simulated meters to readings, every check on; per second of CPU time. */
function decodeBench({ name, language, lines, bare }: DecodeOrder): Bench {
  return {
    name,
    unit: "telegrams/s",
    peer: bare?.[0] ?? jsonPeer,
    prepare: async () => {
      const all = lines();
      const adverts = language === "bthome" || language === "ruuvi";
      const decode = (line: MeterLine, decoder: MeterDecoder) =>
        line.flatMap((telegram) => [...decoder.push(telegram), ...(adverts ? decoder.end() : [])]);
      const decoder = () => meterLanguage(language)!.decoder(bare === undefined ? undefined : benchKeys);
      const said = all.map((line) => good(decode(line, decoder())));
      const decoders = all.map(decoder);
      const ours = () => {
        let read = 0;
        for (let i = 0; i < all.length; i++) {
          const line = all[i]!;
          const lineDecoder = decoders[i]!;
          for (let j = 0; j < line.length; j++) {
            read += lineDecoder.push(line[j]!).length;
            read += adverts ? lineDecoder.end().length : 0;
          }
        }
        return read;
      };
      return prepared({
        ours,
        theirs: bare === undefined ? parsed(said.flat()) : bare[1](all.flat()),
        bytes: mean(all.flat()),
      });
    },
  };
}

const modbusDecode: Bench = {
  name: "modbus-decode",
  unit: "telegrams/s",
  peer: "modbus-serial",
  prepare: async () => {
    const exchanges = modbusExchanges();
    const line = exchanges.flatMap(({ asked, answer }) => [asked, answer]);
    const decoder = meterLanguage("modbus")!.decoder();
    good(line.flatMap((frame) => decoder.push(frame)));
    const ours = () => {
      let read = 0;
      for (let i = 0; i < line.length; i++) {
        read += decoder.push(line[i]!).length;
      }
      return read;
    };
    const registers = exchanges.reduce((sum, { request }) => sum + request.count, 0) / exchanges.length;
    return prepared({
      ours,
      theirs: modbusPeer(exchanges),
      bytes: mean(exchanges.map(({ answer }) => answer)),
      registers: Math.round(registers),
    });
  },
};

/** From a network server's message to measurements. */
const lorawanDecode: Bench = {
  name: "lorawan-decode",
  unit: "telegrams/s",
  peer: "JSON.parse of the message",
  prepare: async () => {
    const texts = lorawanServers.flatMap((server) => {
      const air = new LorawanAir(server, 1);
      return Array.from({ length: 30 }, () => air.next().text);
    });
    const codecs = new Map(lorawanNodes.map(({ devEui, codec }) => [devEui, lorawanCodec(codec)!]));
    const ours = () => {
      let read = 0;
      for (const text of texts) {
        const uplink = parseUplink(text);
        if (isFault(uplink)) {
          throw new Error(uplink.detail);
        }
        const { measurements } = codecs.get(uplink.devEui)!.decode(uplink.port, uplink.bytes);
        read += measurements.length > 0 ? 1 : 0;
      }
      return read;
    };
    return prepared({ ours, theirs: parsed(texts), bytes: mean(texts) });
  },
};

/** The benches of the meter languages but SML, whose peers are on the machine. */
export const decodeBenches: readonly Bench[] = [...orders.map(decodeBench), lorawanDecode, modbusDecode];

interface Passes {
  readonly ours: Pass;
  readonly theirs: Pass;
  /** Bytes of a telegram. */
  readonly bytes: number;
  readonly registers?: number;
}

function prepared({ ours, theirs, ...about }: Passes): PreparedBench {
  const microseconds: number[] = [];
  return {
    ours: async () => {
      const one = cpuEach(ours);
      microseconds.push(one);
      return 1e6 / one;
    },
    theirs: async () => 1e6 / cpuEach(theirs),
    extra: () => ({ "CPU us": Number(median(microseconds).toPrecision(3)), ...about }),
  };
}

/** The results as JSON texts; a fault among them would be measured as a telegram. */
function good(results: readonly object[]): string[] {
  const wrong = results.find(isFault);
  if (wrong !== undefined) {
    throw new Error(`a simulated meter's telegram is refused: ${wrong.detail}`);
  }
  return results.map((result) => JSON.stringify(result));
}

function parsed(texts: readonly string[]): Pass {
  return () => {
    let objects = 0;
    for (const text of texts) {
      objects += typeof JSON.parse(text) === "object" ? 1 : 0;
    }
    return objects;
  };
}

function mean(all: readonly { readonly length: number }[]): number {
  return Math.round(all.reduce((sum, { length }) => sum + length, 0) / all.length);
}

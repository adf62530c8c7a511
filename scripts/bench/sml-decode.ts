import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import openSml from "open-sml";
import { type MeterProfileName, meterProfiles } from "../../hil-tests/meters/profiles.ts";
import { SmlMeter } from "../../hil-tests/meters/sml-meter.ts";
import { dataFolder } from "../../hil-tests/programs.ts";
import { isFault } from "../../protocols/fault.ts";
import { SmlDecoder } from "../../protocols/sml.ts";
import type { Bench, PreparedBench } from "./bench.ts";
import { rate } from "./rate.ts";

/** Whole telegrams to readings, both checksums checked, each meter on a line of its own. */
export const smlDecode: Bench = {
  name: "sml-decode",
  unit: "frames/s",
  peer: "open-sml",
  prepare: async () => {
    const captures = dataFolder("meters");
    const lines = captures === null ? simulatedLines() : capturedLines(join(captures, "sml"));
    const frames = lines.flat();
    const accepted = lines.map((line) => line.filter(peerAccepts)).filter((line) => line.length > 0);
    return preparedFor(accepted, {
      frames: accepted.flat().length,
      peerRefused: frames.length - accepted.flat().length,
      source: captures === null ? "simulated meters" : "captures",
    });
  },
};

function preparedFor(lines: Buffer[][], about: Record<string, number | string>): PreparedBench {
  const frames = lines.flat();
  const decoders = lines.map(() => new SmlDecoder({ correctSigns: true }));
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  return {
    ours: async () =>
      rate(() => {
        let readings = 0;
        for (let i = 0; i < lines.length; i++) {
          for (const frame of lines[i]) {
            for (const result of decoders[i].push(frame)) {
              readings += isFault(result) ? 0 : result.readings.length;
            }
          }
        }
        return readings > 0 ? frames.length : 0;
      }),
    theirs: async () =>
      rate(() => {
        for (const frame of frames) {
          new openSml.SmlFile().parse(frame);
        }
        return frames.length;
      }),
    extra: () => ({ ...about, meanBytes: Math.round(bytes / frames.length) }),
  };
}

/** The good telegrams of every capture, one list a file. */
function capturedLines(folder: string): Buffer[][] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".bin"))
    .map((name) => goodFrames(readFileSync(join(folder, name))));
}

/** A minute of a meter of each maker. */
function simulatedLines(): Buffer[][] {
  return Object.keys(meterProfiles).map((profile) => {
    const meter = new SmlMeter({ profile: profile as MeterProfileName, number: 1, seed: 1, solar: 3000 });
    return Array.from({ length: 60 }, () => {
      meter.step(1000);
      return Buffer.from(meter.telegram());
    });
  });
}

function goodFrames(capture: Buffer): Buffer[] {
  const end = Buffer.from("1b1b1b1b1a", "hex");
  return new SmlDecoder({ correctSigns: true })
    .push(capture)
    .filter((result) => !isFault(result))
    .map(({ offset }) => capture.subarray(offset, capture.indexOf(end, offset + 8) + 8));
}

/** A telegram that the peer throws at would stop its round. */
function peerAccepts(frame: Buffer): boolean {
  try {
    const file = new openSml.SmlFile();
    file.parse(frame);
    return file.valid === true;
  } catch {
    return false;
  }
}

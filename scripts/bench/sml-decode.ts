import openSml from "open-sml";
import type { Bench, PreparedBench } from "./bench.ts";
import { cpuEach } from "./cpu-time.ts";
import { decodePass, smlLines } from "./sml-lines.ts";

/** Whole telegrams to readings, both checksums checked, each meter on a line of its own; per second of CPU time. */
export const smlDecode: Bench = {
  name: "sml-decode",
  unit: "frames/s",
  peer: "open-sml",
  prepare: async () => {
    const { lines, source } = smlLines();
    const frames = lines.flat();
    const accepted = lines.map((line) => line.filter(peerAccepts)).filter((line) => line.length > 0);
    return preparedFor(accepted, {
      frames: accepted.flat().length,
      peerRefused: frames.length - accepted.flat().length,
      source,
    });
  },
};

function preparedFor(lines: Buffer[][], about: Record<string, number | string>): PreparedBench {
  const frames = lines.flat();
  const pass = decodePass(lines);
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  const theirs = () => {
    for (const frame of frames) {
      new openSml.SmlFile().parse(frame);
    }
    return frames.length;
  };
  return {
    ours: async () => 1e6 / cpuEach(pass),
    theirs: async () => 1e6 / cpuEach(theirs),
    extra: () => ({ ...about, meanBytes: Math.round(bytes / frames.length) }),
  };
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

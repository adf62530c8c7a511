/** What the SML benches read: good telegrams, those of each meter on a line of its own. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type MeterProfileName, meterProfiles } from "../../hil-tests/meters/profiles.ts";
import { SmlMeter } from "../../hil-tests/meters/sml-meter.ts";
import { dataFolder } from "../../hil-tests/programs.ts";
import { isFault } from "../../protocols/fault.ts";
import { SmlDecoder } from "../../protocols/sml.ts";

export function smlLines(): { readonly lines: Buffer[][]; readonly source: string } {
  const captures = dataFolder("meters");
  return captures === null
    ? { lines: simulatedLines(), source: "simulated meters" }
    : { lines: capturedLines(join(captures, "sml")), source: "captures" };
}

/** Decodes all telegrams once, each line with its own decoder, and says how many there were; 0 where nothing was read. */
export function decodePass(lines: readonly (readonly Buffer[])[]): () => number {
  const decoders = lines.map(() => new SmlDecoder({}));
  const count = lines.flat().length;
  return () => {
    let readings = 0;
    for (let i = 0; i < lines.length; i++) {
      for (const frame of lines[i]!) {
        for (const result of decoders[i]!.push(frame)) {
          readings += isFault(result) ? 0 : result.readings.length;
        }
      }
    }
    return readings > 0 ? count : 0;
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
  return new SmlDecoder({})
    .push(capture)
    .filter((result) => !isFault(result))
    .map(({ offset }) => capture.subarray(offset, capture.indexOf(end, offset + 8) + 8));
}

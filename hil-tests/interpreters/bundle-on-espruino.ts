import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setUpScript } from "../../boards/platforms/espruino-setup.ts";
import { fromHex } from "../../protocols/bytes.ts";
import { FrameReader } from "../../protocols/framing.ts";
import { boardStubs, onStubs } from "../boards/linux-stubs.ts";
import type { TestGateway } from "../test-gateway.ts";
import { runEspruino } from "./espruino-program.ts";

/** The board's serial link, which prints what is written; `hex` is for other stubs as well. */
const printingLink = `
function hex(d){return E.toString(d).split("").map(function(c){return("0"+c.charCodeAt(0).toString(16)).substr(-2)}).join("")}
global.Serial9={setup:function(){},removeAllListeners:function(){},on:function(){},write:function(d){print("frame "+hex(d))}};
`;

export interface BundleRun {
  /** All that was printed. */
  readonly printed: string;
  /** Variables that the bundle takes at the end. */
  readonly variables: number;
  /** Frames that were none. */
  readonly bad: number;
}

/** Runs a bundle on the real interpreter with an erased flash, as long as `milliseconds`; the gateway hears its frames afterwards. */
export async function runBundle(
  code: string,
  gateway: TestGateway,
  { milliseconds, stubs = "" }: { readonly milliseconds: number; readonly stubs?: string },
): Promise<BundleRun> {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-bundle-"));
  try {
    const end = `setTimeout(function(){print("used "+(process.memory().usage-before));quit()},${milliseconds});`;
    const { lines } = await runEspruino(
      folder,
      `${setUpScript}\n${boardStubs}${printingLink}${stubs}\nvar before=process.memory().usage;\n${onStubs(code)}\n${end}\n`,
    );
    const printed = lines.join("\n");
    const reader = new FrameReader();
    let bad = 0;
    for (const [, text] of printed.matchAll(/frame ([0-9a-f]+)/g)) {
      reader.push(
        fromHex(text ?? "") as Uint8Array,
        (frame) => gateway.receive(frame),
        () => bad++,
      );
    }
    return { printed, variables: Number(/used (\d+)/.exec(printed)?.[1]), bad };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

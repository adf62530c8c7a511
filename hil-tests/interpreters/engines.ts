import { setUpScript } from "../../boards/platforms/espruino-setup.ts";
import { drivers } from "../../firmware/drivers/index.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { boardBundle } from "./board-bundle.ts";
import { printExamples } from "./driver-examples.ts";
import { runDuktape } from "./duktape-program.ts";
import { runEspruino } from "./espruino-program.ts";
import { memoryStorage, runDevices } from "./scenario.ts";

/** What each engine's scenario stands on: its own hash and cipher where it has them. */
const preludes = {
  duktape: `
    import { composedCcm } from "../../boards/platforms/espruino-ccm.ts";
    import { hmacOver } from "../../boards/platforms/espruino-crypto.ts";
    import { scriptSha256 } from "../../boards/platforms/espruino-sha256.ts";
    import { memoryStorage } from "./scenario.ts";
    import { scriptAes } from "./script-aes.ts";
    const sha256 = scriptSha256();
    const crypto = { sha256, hmac: hmacOver(sha256), ccm: composedCcm(scriptAes()) };
    const storage = memoryStorage();`,
  espruino: `
    import { composedCcm, nativeAes } from "../../boards/platforms/espruino-ccm.ts";
    import { hmacOver, nativeSha256 } from "../../boards/platforms/espruino-crypto.ts";
    import { boardFiles } from "../../boards/platforms/espruino-setup.ts";
    import { espruinoStorage, nativeFlash } from "../../boards/platforms/espruino-storage.ts";
    const sha256 = nativeSha256();
    const crypto = { sha256, hmac: hmacOver(sha256), ccm: composedCcm(nativeAes()) };
    const storage = espruinoStorage(nativeFlash(), boardFiles);`,
} as const;

/** A part of what is compared: one driver with its examples, or the two devices. */
export interface Part {
  readonly name: string;
  readonly run: string;
  readonly onNode: (print: (line: string) => void) => void;
}

const devices: Part = {
  name: "a device with AES-CCM and one with HMAC",
  run: `
    import { runDevices } from "./scenario.ts";
    runDevices(crypto, storage, (line) => print(line));`,
  onNode: (print) => runDevices(nodeCrypto, memoryStorage(), print),
};

/** Each in an interpreter of its own: all drivers together are more than one has room for. */
export const parts: readonly Part[] = [
  devices,
  ...drivers.map(
    (driver): Part => ({
      name: `driver ${driver.name}`,
      run: `
    import { ${constantOf(driver.name)} as driver } from "../../firmware/drivers/${driver.name}.ts";
    import { printExamples } from "./driver-examples.ts";
    printExamples(driver, (line) => print(line));`,
      onNode: (print) => printExamples(driver, print),
    }),
  ),
];

/** As a driver's file calls it: "d0-meter" is d0Meter. */
function constantOf(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

export function onNode(part: Part): string[] {
  const lines: string[] = [];
  part.onNode((line) => lines.push(line));
  return lines;
}

export async function onDuktape(folder: string, part: Part): Promise<string[]> {
  return runDuktape(folder, await boardBundle(preludeOf(part, "duktape") + part.run, false));
}

/**
 * On a board that was just set up. Not minified: what comes out then makes an interpreter built with its assertions stop (an arrow that
 * uses `this` in a branch not taken), which those on boards do not have. Bundles for boards have no such arrow.
 */
export async function onEspruino(folder: string, part: Part): Promise<readonly string[]> {
  const bundle = await boardBundle(preludeOf(part, "espruino") + part.run, false);
  const { lines } = await runEspruino(folder, `${setUpScript}\n${bundle}`, 120_000);
  return lines;
}

function preludeOf(part: Part, engine: keyof typeof preludes): string {
  return part === devices ? preludes[engine] : "";
}

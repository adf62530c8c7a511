import { setUpScript } from "../../boards/platforms/espruino-setup.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { boardBundle } from "./board-bundle.ts";
import { runDuktape } from "./duktape-program.ts";
import { runEspruino } from "./espruino-program.ts";
import { memoryStorage, runAll } from "./scenario.ts";

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

const run = `
    import { runAll } from "./scenario.ts";
    runAll(crypto, storage, (line) => print(line));`;

export function onNode(): string[] {
  const lines: string[] = [];
  runAll(nodeCrypto, memoryStorage(), (line) => lines.push(line));
  return lines;
}

export async function onDuktape(folder: string): Promise<string[]> {
  return runDuktape(folder, await boardBundle(preludes.duktape + run, false));
}

/**
 * On a board that was just set up. Not minified: what comes out then makes an interpreter built with its assertions stop (an arrow that
 * uses `this` in a branch not taken), which those on boards do not have. Bundles for boards have no such arrow.
 */
export async function onEspruino(folder: string): Promise<readonly string[]> {
  const bundle = await boardBundle(preludes.espruino + run, false);
  const { lines } = await runEspruino(folder, `${setUpScript}\n${bundle}`, 120_000);
  return lines;
}

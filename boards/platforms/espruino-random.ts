import type { Random } from "../platform.ts";
import type { EspruinoE } from "./espruino-globals.ts";

declare const E: EspruinoE;

/** The chip's own random source. */
export const espruinoRandom: Random = {
  bytes: (count) => {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      bytes[i] = E.hwRand();
    }
    return bytes;
  },
};

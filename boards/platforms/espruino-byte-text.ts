import type { EspruinoE } from "./espruino-globals.ts";

declare const E: EspruinoE;

/** protocols/byte-text.ts in native calls. */
export function bytesOf(text: string): Uint8Array {
  return E.toUint8Array(text);
}

export function byteText(bytes: Uint8Array): string {
  return E.toString(bytes);
}

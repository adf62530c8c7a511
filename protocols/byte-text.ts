/**
 * Byte texts: texts whose characters are bytes, which a board's interpreter joins natively. `hasen build` puts
 * boards/platforms/espruino-byte-text.ts in this file's place, which does the same in one native call.
 */

export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    bytes[i] = text.charCodeAt(i);
  }
  return bytes;
}

/** Bytes as a byte text. */
export function byteText(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    text += String.fromCharCode(bytes[i]);
  }
  return text;
}

/** A byte text (cbor-small.ts) as a literal of the language, with its bytes to be read. */
export function byteLiteral(text: string): string {
  let literal = "";
  for (const character of text) {
    const code = character.charCodeAt(0);
    literal +=
      character === '"' || character === "\\"
        ? `\\${character}`
        : code >= 32 && code < 127
          ? character
          : `\\x${code.toString(16).padStart(2, "0")}`;
  }
  return `"${literal}"`;
}

export function bytesLiteral(bytes: Uint8Array): string {
  return `bytesOf(${byteLiteral(String.fromCharCode(...bytes))})`;
}

/** A byte text that is as good as random, keys say: its length does not hang on which bytes they are. */
export function randomLiteral(text: string): string {
  return `atob("${Buffer.from(text, "latin1").toString("base64")}")`;
}

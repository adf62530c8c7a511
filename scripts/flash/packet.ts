/**
 * Espruino's packets (2v25 and later; jsinteractive.c): DLE, SOH, three bits of type and thirteen of length with the high byte first,
 * the payload. Answered with ACK or NAK; the answer to an expression follows as a packet of its own.
 */

export const ack = "\x06";
export const nak = "\x15";
/** Asks a fresh line for version and board; also, before a line: do not echo it. */
export const enquiry = "\x05";
export const head = "\x10\x01";

/** Bytes of a payload. */
export const payloadMax = 0x1fff;

export const packetTypes = { response: 0, eval: 1, event: 2, fileSend: 3, data: 4, fileReceive: 5 } as const;

export interface Packet {
  readonly type: number;
  /** Bytes as characters. */
  readonly payload: string;
}

export function packetText({ type, payload }: Packet): string {
  return `${head}${String.fromCharCode((type << 5) | (payload.length >> 8), payload.length & 0xff)}${payload}`;
}

/** The packet that begins at a place, and where it ends; null where more bytes are to come, or none begins there. */
export function packetAt(text: string, at: number): { readonly packet: Packet; readonly end: number } | null {
  if (!text.startsWith(head, at) || text.length < at + 4) {
    return null;
  }
  const word = (text.charCodeAt(at + 2) << 8) | text.charCodeAt(at + 3);
  const end = at + 4 + (word & payloadMax);
  return end > text.length ? null : { packet: { type: word >> 13, payload: text.slice(at + 4, end) }, end };
}

/** Low bytes of a length that somebody on the way takes for something else: Ctrl-C, the end of input (both the interpreter on Linux), XON, XOFF. */
const troublesome: readonly number[] = [3, 4, 17, 19];

/** An expression at a length that every line carries, by blanks at its end. */
export function evalText(expression: string): string {
  let payload = expression;
  while (troublesome.includes(payload.length & 0xff)) {
    payload += " ";
  }
  return packetText({ type: packetTypes.eval, payload });
}

/** As much of MQTT 3.1.1 as a load generator and a counting subscriber need, and nothing between them and the socket. */

export interface Greeting {
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
}

/** CONNECT with a clean session and no keep-alive (§3.1). */
export function connectPacket({ clientId, username, password }: Greeting): Buffer {
  const flags = 0x02 | (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40);
  const fields = [clientId, username, password].filter((field) => field !== undefined);
  return packet(0x10, Buffer.concat([text("MQTT"), Buffer.from([4, flags, 0, 0]), ...fields.map(text)]));
}

/** SUBSCRIBE to one filter at QoS 0 (§3.8). */
export function subscribePacket(filter: string): Buffer {
  return packet(0x82, Buffer.concat([Buffer.from([0, 1]), text(filter), Buffer.from([0])]));
}

/** PUBLISH at QoS 1 (§3.3). */
export function publishPacket(topic: string, id: number, payload: Uint8Array): Buffer {
  return packet(0x32, Buffer.concat([text(topic), Buffer.from([id >> 8, id & 255]), payload]));
}

export const packetType = { connack: 0x20, publish: 0x30, puback: 0x40, suback: 0x90 } as const;

/** Gets each whole packet: its first byte, and where its body lies in `bytes`. */
export type PacketListener = (head: number, bytes: Buffer, from: number, to: number) => void;

/** Walks whole packets through chunks cut anywhere. */
export class PacketReader {
  readonly #listener: PacketListener;
  #rest: Buffer | null = null;

  constructor(listener: PacketListener) {
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const body = lengthAt(bytes, at + 1);
      if (body === null || body.from + body.length > bytes.length) {
        break;
      }
      this.#listener(bytes[at], bytes, body.from, body.from + body.length);
      at = body.from + body.length;
    }
    this.#rest = at === bytes.length ? null : bytes.subarray(at);
  }
}

/** The remaining length (§2.2.3), and where what it counts begins; null where it is not whole. */
function lengthAt(bytes: Buffer, at: number): { from: number; length: number } | null {
  let length = 0;
  for (let i = 0; i < 4 && at + i < bytes.length; i++) {
    length += (bytes[at + i] & 127) * 128 ** i;
    if (bytes[at + i] < 128) {
      return { from: at + i + 1, length };
    }
  }
  return null;
}

function packet(head: number, body: Buffer): Buffer {
  const length: number[] = [];
  let rest = body.length;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    length.push(rest > 0 ? low | 128 : low);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([head, ...length]), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

import type { Writable } from "node:stream";

const pubackLength = 4;
const idMax = 65_535;
/** PUBLISH at QoS 0 (MQTT 3.1.1 §3.3). */
const publish = 0x30;

/**
 * What one line is told. A commit settles many messages of a device in one turn: their PUBACKs, in the order in which they were added
 * (MQTT 3.1.1 §4.6), and the frames for the device go out in one write.
 */
export class Answers {
  readonly #line: Writable;
  readonly #left: (bytes: number) => void;
  #ids: number[] = [];
  #frames: Uint8Array[] = [];
  #gone: (() => void)[] = [];
  #settled = 0;
  #frameBytes = 0;
  #nextId = 1;
  #scheduled = false;

  /** `left` is told of how many bytes of messages the acknowledgements have left, or never will. */
  constructor(line: Writable, left: (bytes: number) => void = () => {}) {
    this.#line = line;
    this.#left = left;
  }

  /** Bytes of frames that wait for the end of the turn. */
  get frameBytes(): number {
    return this.#frameBytes;
  }

  /** The PUBACK of a message; `bytes` is what its peer may send anew when it has left. */
  acknowledge(messageId: number, bytes: number): void {
    this.#ids.push(messageId);
    this.#settled += bytes;
    this.#schedule();
  }

  /** The same; `gone` is called when it has left, or never will. Until then the peer should be read no further. */
  add(messageId: number, gone: () => void): void {
    this.#gone.push(gone);
    this.acknowledge(messageId, 0);
  }

  /** A message for the peer, at QoS 1 or 0. One at QoS 1 is sent once: who does not hear it asks again in its own way. */
  send(topic: Uint8Array, payload: Uint8Array, qos: 0 | 1): void {
    const packet = publishPacket(topic, payload, qos === 0 ? null : this.#id());
    this.#frames.push(packet);
    this.#frameBytes += packet.length;
    this.#schedule();
  }

  #id(): number {
    const id = this.#nextId;
    this.#nextId = id === idMax ? 1 : id + 1;
    return id;
  }

  #schedule(): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#send());
    }
  }

  #send(): void {
    const [gone, settled] = [this.#gone, this.#settled];
    const bytes = this.#bytes();
    this.#scheduled = false;
    this.#ids = [];
    this.#frames = [];
    this.#gone = [];
    this.#settled = 0;
    this.#frameBytes = 0;
    this.#line.write(bytes, () => {
      this.#left(settled);
      for (const call of gone) {
        call();
      }
    });
  }

  #bytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#ids.length * pubackLength + this.#frameBytes);
    let at = 0;
    for (const id of this.#ids) {
      bytes[at] = 0x40; // MQTT 3.1.1 §3.4
      bytes[at + 1] = 2;
      bytes[at + 2] = id >> 8;
      bytes[at + 3] = id;
      at += pubackLength;
    }
    for (const frame of this.#frames) {
      bytes.set(frame, at);
      at += frame.length;
    }
    return bytes;
  }
}

function publishPacket(topic: Uint8Array, payload: Uint8Array, id: number | null): Uint8Array {
  const body = 2 + topic.length + (id === null ? 0 : 2) + payload.length;
  const length = remainingLength(body);
  const packet = new Uint8Array(1 + length.length + body);
  packet[0] = publish | (id === null ? 0 : 2);
  packet.set(length, 1);
  let at = 1 + length.length;
  packet[at] = topic.length >> 8;
  packet[at + 1] = topic.length;
  packet.set(topic, at + 2);
  at += 2 + topic.length;
  if (id !== null) {
    packet[at] = id >> 8;
    packet[at + 1] = id;
    at += 2;
  }
  packet.set(payload, at);
  return packet;
}

/** Seven bits a byte, lowest first (MQTT 3.1.1 §2.2.3). */
function remainingLength(length: number): number[] {
  return length < 128 ? [length] : [(length & 127) | 128, ...remainingLength(length >> 7)];
}

/** A device's own messages, taken out of what its line brings; all else is left to the MQTT library. */

/** A PUBLISH at QoS 1, not retained, sent for the first time or again (MQTT 3.1.1 §3.3.1). */
const publishes: readonly number[] = [0x32, 0x3a];
/** PUBACK, SUBSCRIBE, UNSUBSCRIBE, PINGREQ: nothing about them depends on where among the messages they come. */
const besides: readonly number[] = [0x40, 0x82, 0xa2, 0xc0];
const idLength = 2;

export interface UplinkReaderOptions {
  /** The one topic whose messages are taken. */
  readonly topic: string;
  /** Bytes of a message, at most; a longer one is left to the library. */
  readonly payloadMax: number;
  /** Gets each message; the payload is a view into what was read. */
  readonly take: (payload: Uint8Array, messageId: number) => void;
  /** Gets what is left, in order. */
  readonly pass: (bytes: Buffer) => void;
}

/**
 * Begins at the border of a packet. At the first packet that is neither a plain message to the topic nor one of those that may stand
 * between messages it steps aside for good, so that no message overtakes another: what is unusual or wrong is the library's alone.
 */
export class UplinkReader {
  readonly #options: UplinkReaderOptions;
  readonly #topic: Uint8Array;
  readonly #packetMax: number;
  /** The beginning of a packet whose rest is yet to come. */
  #rest: Buffer | null = null;
  #aside = false;

  constructor(options: UplinkReaderOptions) {
    this.#options = options;
    const topic = Buffer.from(options.topic);
    this.#topic = Buffer.from([topic.length >> 8, topic.length & 255, ...topic]);
    this.#packetMax = 3 + this.#topic.length + idLength + options.payloadMax;
  }

  read(chunk: Buffer): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    let at = 0;
    while (!this.#aside && at < bytes.length) {
      const end = packetEnd(bytes, at, this.#packetMax);
      if (end === "incomplete" && this.#mayHold(bytes, at)) {
        this.#rest = bytes.subarray(at);
        return;
      }
      if (typeof end === "number" && this.#takes(bytes, at, end)) {
        at = end;
      } else if (typeof end === "number" && besides.includes(bytes[at]!)) {
        this.#options.pass(bytes.subarray(at, end));
        at = end;
      } else {
        this.#aside = true;
      }
    }
    if (at < bytes.length) {
      this.#options.pass(bytes.subarray(at));
    }
  }

  /** Whether what begins here may be one of the packets that are told apart. */
  #mayHold(bytes: Buffer, at: number): boolean {
    return publishes.includes(bytes[at]!) || besides.includes(bytes[at]!);
  }

  #takes(bytes: Buffer, at: number, end: number): boolean {
    const topic = this.#topic;
    const topicAt = bytes[at + 1]! < 128 ? at + 2 : at + 3;
    const idAt = topicAt + topic.length;
    const payloadAt = idAt + idLength;
    if (!publishes.includes(bytes[at]!) || payloadAt > end || end - payloadAt > this.#options.payloadMax) {
      return false;
    }
    for (let i = 0; i < topic.length; i++) {
      if (bytes[topicAt + i] !== topic[i]) {
        return false;
      }
    }
    const id = (bytes[idAt]! << 8) | bytes[idAt + 1]!;
    if (id === 0) {
      return false; // MQTT 3.1.1 §2.3.1: not allowed
    }
    this.#options.take(bytes.subarray(payloadAt, end), id);
    return true;
  }
}

/**
 * Where a packet ends whose length is written in one byte or two, as those of all frames are (MQTT 3.1.1 §2.2.3); "incomplete" where
 * more has to come, "other" for a length that is longer, roundabout, or more than `max` for the whole packet.
 */
function packetEnd(bytes: Buffer, at: number, max: number): number | "incomplete" | "other" {
  const low = bytes[at + 1];
  const high = bytes[at + 2];
  if (low === undefined || (low >= 128 && high === undefined)) {
    return "incomplete";
  }
  if (low >= 128 && (high! >= 128 || high === 0)) {
    return "other";
  }
  const end = low < 128 ? at + 2 + low : at + 3 + (low & 127) + high! * 128;
  if (end - at > max) {
    return "other";
  }
  return end > bytes.length ? "incomplete" : end;
}

import type { Writable } from "node:stream";

/** A PUBACK: type 4, two bytes follow (MQTT 3.1.1 §3.4). */
const head = [0x40, 2] as const;

/**
 * The PUBACKs of one line. One commit settles many messages of a device in one turn: their PUBACKs go out in one write, in the
 * order in which they were added (MQTT 3.1.1 §4.6).
 */
export class PubAcks {
  readonly #line: Writable;
  #bytes: number[] = [];
  #gone: (() => void)[] = [];

  constructor(line: Writable) {
    this.#line = line;
  }

  /** `gone` is called when it has left, or never will; until then the peer should be read no further. */
  add(messageId: number, gone: () => void): void {
    this.#bytes.push(...head, messageId >> 8, messageId & 255);
    this.#gone.push(gone);
    if (this.#gone.length === 1) {
      setImmediate(() => this.#send());
    }
  }

  #send(): void {
    const gone = this.#gone;
    const bytes = Buffer.from(this.#bytes);
    this.#gone = [];
    this.#bytes = [];
    this.#line.write(bytes, () => {
      for (const call of gone) {
        call();
      }
    });
  }
}

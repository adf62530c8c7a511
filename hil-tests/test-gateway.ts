import type { Installation } from "../firmware/installation-type.ts";
import { toHex } from "../protocols/bytes.ts";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { deriveSession, open, parseHeader, type Session, seal } from "../protocols/envelope.ts";
import { isFault } from "../protocols/fault.ts";
import { type DownMessage, decodeUp, encodeDown, type UpMessage } from "../protocols/message.ts";
import { decodePack, type Pack, packShapeId } from "../protocols/pack.ts";
import { decodeShape, type Shape, shapeId } from "../protocols/shape.ts";

/** A message as it lies on the test gateway's disk. */
export interface Stored {
  readonly epoch: number;
  readonly piv: number;
  readonly message: UpMessage;
}

/**
 * The least that a gateway must do, for tests of the device alone: opens, keeps, acknowledges, answers the time. What it keeps
 * survives `restart`. A frame whose number is known with other content is remembered as a repeated nonce.
 */
export class TestGateway {
  readonly stored: Stored[] = [];
  readonly shapes = new Map<string, Shape>();
  readonly repeatedNonces: string[] = [];
  /** Copies of what was stored already. */
  replays = 0;
  refused = 0;
  /** What it does with hellos and time requests: Unix ms, or null for no answer. */
  unix: () => number | null = () => null;
  readonly #identity: Installation;
  readonly #reply: (frame: Uint8Array) => void;
  readonly #tags = new Map<string, string>();
  readonly #uplink = new Map<number, Session>();
  #downlink: Session;
  #epoch = 0;
  #piv = 0;

  constructor(identity: Installation, reply: (frame: Uint8Array) => void) {
    this.#identity = identity;
    this.#reply = reply;
    this.#downlink = this.#session(0, "down");
  }

  /** Comes back after a kill: the disk is there, the rest is not. */
  restart(): void {
    this.#epoch++;
    this.#piv = 0;
    this.#downlink = this.#session(this.#epoch, "down");
  }

  receive(frame: Uint8Array): void {
    const header = parseHeader(frame);
    if (isFault(header) || header.kid !== this.#identity.kid) {
      this.refused++;
      return;
    }
    const { epoch, piv } = header;
    let session = this.#uplink.get(epoch);
    if (session === undefined) {
      session = this.#session(epoch, "up");
      this.#uplink.set(epoch, session);
    }
    const body = open(session, header, frame);
    if (isFault(body)) {
      this.refused++;
      return;
    }
    const key = `${epoch}/${piv}`;
    const tag = toHex(frame.subarray(frame.length - 8));
    const known = this.#tags.get(key);
    if (known === undefined) {
      const message = decodeUp(new Uint8Array(body));
      if (isFault(message)) {
        throw new Error(`${key}: ${message.detail}`);
      }
      this.#tags.set(key, tag);
      this.stored.push({ epoch, piv, message });
      this.#answer({ epoch, piv, message });
    } else if (known === tag) {
      this.replays++;
    } else {
      this.repeatedNonces.push(key);
    }
    this.say({ type: "ack", deviceEpoch: epoch, ranges: [[piv, piv]] });
  }

  say(message: DownMessage): void {
    this.#reply(seal(this.#downlink, this.#piv++, encodeDown(message)));
  }

  has(epoch: number, piv: number): boolean {
    return this.#tags.has(`${epoch}/${piv}`);
  }

  of<Type extends UpMessage["type"]>(
    type: Type,
  ): (Stored & { message: Extract<UpMessage, { type: Type }> })[] {
    return this.stored.filter(({ message }) => message.type === type) as never;
  }

  /** Packs in the order they came; a pack whose shape did not come throws. */
  packs(): Pack[] {
    return this.of("pack").map(({ message }) => {
      const id = packShapeId(message.value);
      const shape = isFault(id) ? undefined : this.shapes.get(id);
      const pack = shape === undefined ? null : decodePack(message.value, shape);
      if (pack === null || isFault(pack)) {
        throw new Error(pack === null ? `no shape ${id}` : pack.detail);
      }
      return pack;
    });
  }

  #answer({ epoch, piv, message }: Stored): void {
    const unix = this.unix();
    if ((message.type === "hello" || message.type === "time-request") && unix !== null) {
      this.say({ type: "time", deviceEpoch: epoch, answers: piv, unix });
    }
    if (message.type === "hello") {
      for (const id of message.shapes.filter((shape) => !this.shapes.has(shape))) {
        this.say({ type: "command", deviceEpoch: epoch, name: "send-shape", arguments: id });
      }
    }
    if (message.type === "shape") {
      const shape = decodeShape(message.shape);
      if (!isFault(shape)) {
        this.shapes.set(shapeId(nodeCrypto, shape), shape);
      }
    }
  }

  #session(epoch: number, direction: "up" | "down"): Session {
    const { root, deployment, kid, alg } = this.#identity;
    return deriveSession(nodeCrypto, { root, deployment, kid, epoch, alg, direction });
  }
}

import { toHex } from "../../protocols/bytes.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { deriveSession, open, parseHeader, type Session } from "../../protocols/envelope.ts";
import { isFault } from "../../protocols/fault.ts";
import { decodeDown } from "../../protocols/message.ts";
import { deployment, rootOf } from "./device.ts";
import type { Truth } from "./truth.ts";

/** Hears every frame that leaves a device or the gateway, knows their keys, and tells the truth of what must not be said and of what is promised. */
export class Witness {
  readonly #truth: Truth;
  /** Algorithm of each device, by its kid. */
  readonly #algorithms: ReadonlyMap<number, 0 | 1>;
  /** Tag of every frame, by its sender and number. */
  readonly #sent = new Map<string, string>();
  readonly #downKeys = new Map<string, Session>();
  #bootEpochs: ReadonlySet<number> = new Set();

  constructor(truth: Truth, algorithms: ReadonlyMap<number, 0 | 1>) {
    this.#truth = truth;
    this.#algorithms = algorithms;
  }

  /** Of the gateway, so far; the set that was handed out does not change. */
  get bootEpochs(): ReadonlySet<number> {
    return this.#bootEpochs;
  }

  deviceSaid(kid: number, frame: Uint8Array): void {
    this.#once("device", kid, frame);
  }

  /** No number twice, and what the gateway acknowledges it must keep. */
  gatewaySaid(kid: number, frame: Uint8Array): void {
    this.#once("gateway", kid, frame);
    const header = parseHeader(frame);
    if (isFault(header)) {
      this.#truth.violate(`the gateway sent what is no frame: ${header.detail}`);
      return;
    }
    if (!this.#bootEpochs.has(header.epoch)) {
      this.#bootEpochs = new Set([...this.#bootEpochs, header.epoch]);
    }
    const body = open(this.#downKey(kid, header.epoch), header, frame);
    const message = isFault(body) ? body : decodeDown(body);
    if (isFault(message)) {
      this.#truth.violate(`the gateway sent what no device can read: ${message.detail}`);
    } else if (message.type === "ack") {
      this.#truth.acknowledge(kid, message.deviceEpoch, message.ranges);
    }
  }

  #downKey(kid: number, epoch: number): Session {
    const key = `${kid}/${epoch}`;
    const alg = this.#algorithms.get(kid)!;
    const session =
      this.#downKeys.get(key) ??
      deriveSession(nodeCrypto, { root: rootOf(kid), deployment, kid, epoch, alg, direction: "down" });
    this.#downKeys.set(key, session);
    return session;
  }

  /** A number of a sender belongs to one frame for ever. */
  #once(sender: string, kid: number, frame: Uint8Array): void {
    const header = parseHeader(frame);
    if (isFault(header)) {
      return;
    }
    const key = `${sender} ${kid} ${header.epoch}/${header.piv}`;
    const tag = toHex(frame.subarray(frame.length - 8));
    const known = this.#sent.get(key);
    if (known === undefined) {
      this.#sent.set(key, tag);
    } else if (known !== tag) {
      this.#truth.violate(`a nonce repeats: ${key} was sent with two contents`);
    }
  }
}

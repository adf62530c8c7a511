import type { Crypto } from "../protocols/crypto.ts";
import { deriveSession, type Header, open, parseHeader, type Session } from "../protocols/envelope.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { type DownMessage, decodeDown } from "../protocols/message.ts";
import type { Installation } from "./installation-type.ts";

/** After a frame of a new gateway epoch proved forged, others are not tried for this long, ms: each try costs a key derivation. */
const forgedPause = 1000;

/**
 * The gate for frames from the gateway: kid, algorithm, order, tag; only then are they read. Keeps the highest (gateway epoch,
 * number) since boot, and lets nothing through that is not beyond it.
 */
export class Downlink {
  readonly installation: Installation;
  readonly crypto: Crypto;
  session: Session | null = null;
  /** Highest number taken in the session's epoch. */
  highest = -1;
  forgedAt = -1;

  constructor(installation: Installation, crypto: Crypto) {
    this.installation = installation;
    this.crypto = crypto;
  }

  /** The message of a frame, or why it is not taken: "header", "unknown-device", "replayed", "budget", "bad-tag", or as decodeDown. */
  receive(frame: Uint8Array, now: number): DownMessage | Fault {
    const header = parseHeader(frame);
    if (isFault(header)) {
      return header;
    }
    if (header.kid !== this.installation.kid || header.alg !== this.installation.alg) {
      return fault("unknown-device", "a frame for key " + header.kid + ", not for this device");
    }
    const known = this.session;
    if (known !== null && header.epoch === known.epoch) {
      return header.piv > this.highest ? this.take(known, header, frame) : stale();
    }
    if (known !== null && header.epoch < known.epoch) {
      return stale();
    }
    if (this.forgedAt >= 0 && now - this.forgedAt < forgedPause) {
      return fault("budget", "a frame of a new gateway epoch, right after a forged one");
    }
    const message = this.take(this.derive(header.epoch), header, frame);
    if (isFault(message) && message.fault === "bad-tag") {
      this.forgedAt = now;
    }
    return message;
  }

  /** Opens a frame that is beyond all before. Only an authentic one moves what counts as highest. */
  take(session: Session, header: Header, frame: Uint8Array): DownMessage | Fault {
    const body = open(session, header, frame);
    if (isFault(body)) {
      return body;
    }
    this.session = session;
    this.highest = header.piv;
    return decodeDown(body);
  }

  derive(epoch: number): Session {
    const installation = this.installation;
    return deriveSession(this.crypto, {
      root: installation.root,
      deployment: installation.deployment,
      kid: installation.kid,
      epoch: epoch,
      alg: installation.alg,
      direction: "down",
    });
  }
}

function stale(): Fault {
  return fault(
    "replayed",
    "a frame from the gateway that is not beyond the last: doubled, overtaken or replayed",
  );
}

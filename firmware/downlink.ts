import { readSmall, type SmallValue } from "../protocols/cbor-small.ts";
import type { Crypto } from "../protocols/crypto.ts";
import { openSession, readHeader, type Session, type SessionRoot } from "../protocols/envelope.ts";
import { type Fault, fault } from "../protocols/fault.ts";

/** After a frame of a new gateway epoch proved forged, others are not tried for this long, ms: each try costs a key derivation. */
const forgedPause = 1000;

export interface Downlink {
  /** The message of a frame, or why it is not taken: "header", "unknown-device", "replayed", "budget", "bad-tag" or "syntax". */
  receive(frame: Uint8Array, now: number): SmallValue | Fault;
}

/**
 * The gate for frames from the gateway: kid, algorithm, order, tag; only then are they read. Keeps the highest (gateway epoch,
 * number) since boot, and lets nothing through that is not beyond it.
 */
export function createDownlink(root: SessionRoot, crypto: Crypto): Downlink {
  let session: Session | null = null;
  /** Highest number taken in the session's epoch. */
  let highest = -1;
  let forgedAt = -forgedPause;
  return {
    receive(frame, now) {
      const header = readHeader(frame, root.alg);
      if (header === null) {
        return fault("header", "a frame of another form, or of another algorithm than this device's");
      }
      if (header.kid !== root.kid) {
        return fault("unknown-device", "a frame for key " + header.kid + ", not for this device");
      }
      const known = session;
      const ahead = known === null ? 1 : header.epoch - known.epoch;
      if (ahead < 0 || (ahead === 0 && header.piv <= highest)) {
        return fault(
          "replayed",
          "a frame from the gateway that is not beyond the last: doubled, overtaken or replayed",
        );
      }
      if (ahead > 0 && now - forgedAt < forgedPause) {
        return fault("budget", "a frame of a new gateway epoch, right after a forged one");
      }
      const opened = known !== null && ahead === 0 ? known : openSession(crypto, root, header.epoch, "down");
      const body = opened.open(header.piv, frame.subarray(header.length));
      if (body === null) {
        forgedAt = ahead > 0 ? now : forgedAt;
        return fault("bad-tag", "the tag of a frame from the gateway does not hold: damaged or forged");
      }
      session = opened;
      highest = header.piv;
      const message = readSmall(body);
      return message === undefined ? fault("syntax", "a message in a form that is not read here") : message;
    },
  };
}

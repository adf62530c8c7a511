import { bytesOf } from "./cbor-small.ts";
import { parseStandard, sealedPart } from "./cose-object.ts";
import { type Header, headerText, parseHeader, tagLength } from "./envelope-header.ts";
import { type Fault, fault } from "./fault.ts";
import { frameMax } from "./link.ts";
import type { Session } from "./session.ts";

/**
 * The envelope: COSE_Encrypt0 or COSE_Mac0 behind a header of 5 to 9 bytes. The receiver rebuilds the standard object from the
 * header's numbers, so that any COSE implementation can check us; it may also come as that object.
 * To receive: `parseAny`, look up the session of its kid and epoch, `open`.
 */
export { parseStandard, sealStandard } from "./cose-object.ts";
export {
  type Alg,
  algCcm,
  algMac,
  type Header,
  headerMax,
  overheadMax,
  parseHeader,
  readHeader,
} from "./envelope-header.ts";
export {
  consolePassword,
  deploymentMax,
  deriveSession,
  mqttPassword,
  openSession,
  type Session,
  type SessionOrder,
  type SessionRoot,
  sessionRoot,
} from "./session.ts";

/** One compressed frame; `piv` as for Session.seal. Longer than `frameMax` is a bug and throws. */
export function seal(session: Session, piv: number, payload: Uint8Array): Uint8Array {
  const head = bytesOf(headerText(session, piv));
  const length = head.length + payload.length + tagLength;
  if (length > frameMax) {
    throw new Error("a frame of " + length + " bytes, links take " + frameMax);
  }
  const frame = new Uint8Array(length);
  frame.set(head);
  frame.set(session.seal(piv, payload), head.length);
  return frame;
}

/** The header of a frame in either form; the first two bits tell them apart. Fault: `truncated`, `too-long` or `header`. */
export function parseAny(frame: Uint8Array): Header | Fault {
  return frame.length > 0 && frame[0] >> 6 === 3 ? parseStandard(frame) : parseHeader(frame);
}

/**
 * The payload of a frame whose header was parsed; under algMac it may be a view into the frame. Fault: `bad-tag`, also where the
 * session is another one than the header names. Never throws.
 */
export function open(session: Session, header: Header, frame: Uint8Array): Uint8Array | Fault {
  if (header.kid === session.kid && header.epoch === session.epoch && header.alg === session.alg) {
    const payload = session.open(header.piv, sealedPart(header, frame));
    if (payload !== null) {
      return payload;
    }
  }
  return fault(
    "bad-tag",
    "the tag of message " +
      header.piv +
      " of epoch " +
      header.epoch +
      " from kid " +
      header.kid +
      " does not hold: wrong key, wrong deployment name, damaged or forged",
  );
}

import { concat, equal } from "./bytes.ts";
import { headLength, writeHead } from "./cbor.ts";
import { coseAlg } from "./cose.ts";
import {
  type Alg,
  algCcm,
  algMac,
  type Header,
  kidLength,
  readUint,
  tagLength,
  uintLength,
  writeUint,
} from "./envelope-header.ts";
import { type Fault, fault } from "./fault.ts";
import { frameMax } from "./link.ts";
import type { Session } from "./session.ts";

/**
 * The standard form of a frame: the COSE object itself, for senders and checkers that know COSE but not our header.
 *
 *     16([h'a1010a', {4: kid, 6: Partial IV, 10: epoch}, ciphertext and tag])    COSE_Encrypt0
 *     17([h'a10104', {4: kid, 6: Partial IV, 10: epoch}, payload, tag])          COSE_Mac0
 *
 * kid and Partial IV: RFC 9052 §3.1; the epoch is the kid context of RFC 8613 §9.2. Accepted is the one deterministic encoding
 * (RFC 8949 §4.2.1) that is written here: the reader takes the numbers from their places, writes the object's beginning anew
 * from them, and compares.
 */

const tagEncrypt0 = 0xd0; // tag 16, RFC 9052 §2
const tagMac0 = 0xd1; // tag 17
const tagHead = 0x40 | tagLength; // the tag of a COSE_Mac0 is a byte string of its own
const kidAt = 9;
const pivHeadAt = 12;
/** The shortest beginning: one-byte Partial IV and epoch, a payload whose length fits its head. */
const headMin = 18; // bytes

/** One COSE object; `piv` as for Session.seal. Longer than `frameMax` is a bug and throws. */
export function sealStandard(session: Session, piv: number, payload: Uint8Array): Uint8Array {
  const isCcm = session.alg === algCcm;
  const head = objectHead(session, piv, payload.length + (isCcm ? tagLength : 0));
  const length = head.length + payload.length + tagLength + (isCcm ? 0 : 1);
  if (length > frameMax) {
    throw new Error("a frame of " + length + " bytes, links take " + frameMax);
  }
  const sealed = session.seal(piv, payload);
  return isCcm
    ? concat([head, sealed])
    : concat([head, payload, new Uint8Array([tagHead]), sealed.subarray(payload.length)]);
}

/** The numbers of a COSE object in the standard form. Fault: `truncated`, `too-long` or `header`. */
export function parseStandard(frame: Uint8Array): Header | Fault {
  if (frame.length > frameMax) {
    return fault(
      "too-long",
      "a COSE object of " + frame.length + " bytes, at most " + frameMax + " are read",
    );
  }
  if (frame.length < headMin + tagLength) {
    return fault("truncated", "a COSE object of " + frame.length + " bytes, the shortest has 26");
  }
  if (frame[0] !== tagEncrypt0 && frame[0] !== tagMac0) {
    return fault("header", "neither COSE_Encrypt0 nor COSE_Mac0");
  }
  const alg = frame[0] === tagEncrypt0 ? algCcm : algMac;
  const pivLength = frame[pivHeadAt] & 7;
  const epochHeadAt = pivHeadAt + 1 + pivLength + 1;
  const epochLength = frame[epochHeadAt] & 3;
  const length = lengthBefore(frame, epochHeadAt + 1 + epochLength, alg);
  if (pivLength < 1 || pivLength > 4 || epochLength < 1 || epochLength > 2 || length < 0) {
    return fault("header", "a COSE object whose lengths are not those of its parts");
  }
  const header: Header = {
    form: "standard",
    alg: alg,
    kid: readUint(frame, kidAt, kidLength),
    epoch: readUint(frame, epochHeadAt + 1, epochLength),
    piv: readUint(frame, pivHeadAt + 1, pivLength),
    length: length,
  };
  const expected = objectHead(header, header.piv, payloadLength(frame, header));
  if (!equal(expected, frame.subarray(0, length)) || !isTagHead(frame, alg)) {
    return fault("header", "a COSE object in another form than the one deterministic encoding");
  }
  return header;
}

/** What the frame holds behind its header, payload or ciphertext and tag together, as Session.open takes it. */
export function sealedPart(header: Header, frame: Uint8Array): Uint8Array {
  if (header.form === "compressed" || header.alg === algCcm) {
    return frame.subarray(header.length);
  }
  const end = frame.length - tagLength;
  return concat([frame.subarray(header.length, end - 1), frame.subarray(end)]);
}

/** The object up to its payload, which has `length` bytes (under algCcm with the tag). */
function objectHead(
  place: { readonly alg: Alg; readonly kid: number; readonly epoch: number },
  piv: number,
  length: number,
): Uint8Array {
  const pivLength = uintLength(piv);
  const epochLength = uintLength(place.epoch);
  const head = new Uint8Array(15 + pivLength + epochLength + headLength(length));
  const isCcm = place.alg === algCcm;
  head.set([isCcm ? tagEncrypt0 : tagMac0, isCcm ? 0x83 : 0x84]);
  head.set([0x43, 0xa1, 0x01, coseAlg(place.alg)], 2); // h'a1010a' or h'a10104'
  head.set([0xa3, 0x04, 0x40 | kidLength], 6); // a map of three, 4: kid
  let at = writeUint(head, kidAt, place.kid, kidLength);
  head.set([0x06, 0x40 | pivLength], at); // 6: Partial IV
  at = writeUint(head, at + 2, piv, pivLength);
  head.set([0x0a, 0x40 | epochLength], at); // 10: kid context
  at = writeUint(head, at + 2, place.epoch, epochLength);
  writeHead(head, at, 2, length);
  return head;
}

/** Where the payload begins whose head stands at `at`, given that it fills the frame; -1 where it cannot. */
function lengthBefore(frame: Uint8Array, at: number, alg: Alg): number {
  const behind = alg === algCcm ? 0 : 1 + tagLength;
  for (let head = 1; head <= 3; head++) {
    const length = frame.length - behind - at - head;
    if (length >= (alg === algCcm ? tagLength : 0) && headLength(length) === head) {
      return at + head;
    }
  }
  return -1;
}

function payloadLength(frame: Uint8Array, header: Header): number {
  return frame.length - header.length - (header.alg === algCcm ? 0 : 1 + tagLength);
}

/** Whether the head of a COSE_Mac0's tag stands where it must. */
function isTagHead(frame: Uint8Array, alg: Alg): boolean {
  return alg === algCcm || frame[frame.length - tagLength - 1] === tagHead;
}

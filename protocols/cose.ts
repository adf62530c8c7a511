import { encodeCbor } from "./cbor.ts";
import { bytesOf, byteText, head, textItem } from "./cbor-small.ts";
import { type Alg, algCcm, version } from "./envelope-header.ts";

/** What a COSE tag covers (RFC 9052): the two structures, and the external data that ties a message to its place. */

/** What never changes between the messages of one session. */
export interface Place {
  readonly alg: Alg;
  readonly kid: number;
  readonly epoch: number;
  /** Name of the deployment. */
  readonly deployment: string;
}

/** The number of our algorithm in the COSE registry (RFC 9053 tables 3 and 5). */
export function coseAlg(alg: Alg): number {
  return alg === algCcm ? 10 : 4;
}

/** The protected header of every object here: the algorithm, nothing else. */
export function protectedHeader(alg: Alg): Uint8Array {
  return encodeCbor({ pairs: [[1, coseAlg(alg)]] });
}

/** Enc_structure of a COSE_Encrypt0, RFC 9052 §5.3: the additional data of the cipher. */
export function encStructure(protectedBytes: Uint8Array, externalAad: Uint8Array): Uint8Array {
  return encodeCbor(["Encrypt0", protectedBytes, externalAad]);
}

/** MAC_structure of a COSE_Mac0, RFC 9052 §6.3: what the tag is computed over. */
export function macStructure(
  protectedBytes: Uint8Array,
  externalAad: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  return encodeCbor(["MAC0", protectedBytes, externalAad, payload]);
}

/**
 * COSE leaves the unprotected header outside the tag; kid, epoch and Partial IV stand there. So they are repeated here, as
 * parsed numbers, with the version and the deployment.
 */
export function externalAad(place: Place, piv: number): Uint8Array {
  return encodeCbor([version, coseAlg(place.alg), place.kid, place.epoch, piv, place.deployment]);
}

/** What of this never changes between the messages of a device, as byte texts. A build writes them into a board's bundle. */
export interface CoseTexts {
  /** The structure up to its external data. */
  readonly structure: string;
  /** The external data up to the epoch, and behind the Partial IV. */
  readonly before: string;
  readonly behind: string;
}

export function coseTexts(place: Omit<Place, "epoch">): CoseTexts {
  const alg = coseAlg(place.alg);
  const array = place.alg === algCcm ? head(4, 3) + textItem("Encrypt0") : head(4, 4) + textItem("MAC0");
  return {
    structure: array + head(2, 3) + head(5, 1) + head(0, 1) + head(0, alg),
    before: head(4, 6) + head(0, version) + head(0, alg) + head(0, place.kid),
    behind: byteText(encodeCbor(place.deployment)),
  };
}

/**
 * Gives, for one Partial IV after another, the Enc_structure (algCcm) or the MAC_structure up to where its payload begins
 * (algMac). The bytes are valid until the next call: only the Partial IV is written anew.
 */
export function additionalData(texts: CoseTexts, epoch: number): (piv: number) => Uint8Array {
  let template: Uint8Array = new Uint8Array(0);
  let at = 0;
  let length = 0; // of the Partial IV in it
  return (piv) => {
    const number = head(0, piv);
    if (number.length !== length) {
      length = number.length;
      const external = texts.before + head(0, epoch) + number + texts.behind;
      template = bytesOf(texts.structure + head(2, external.length) + external);
      at = template.length - texts.behind.length - length;
    }
    for (let i = 0; i < length; i++) {
      template[at + i] = number.charCodeAt(i);
    }
    return template;
  };
}

import { encodeCbor, headLength, writeHead } from "./cbor.ts";
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

/**
 * Gives, for one Partial IV after another, the Enc_structure (algCcm) or the MAC_structure up to where its payload begins
 * (algMac). The bytes are valid until the next call: only the Partial IV is written anew.
 */
export function additionalData(place: Place): (piv: number) => Uint8Array {
  // One template for each length that a Partial IV takes in CBOR: 1, 2, 3 or 5 bytes.
  const templates: (Uint8Array | null)[] = [null, null, null, null, null, null];
  const deploymentLength = encodeCbor(place.deployment).length;
  return (piv) => {
    const pivLength = headLength(piv);
    let template = templates[pivLength];
    if (template === null) {
      template = makeTemplate(place, piv);
      templates[pivLength] = template;
    } else {
      writeHead(template, template.length - deploymentLength - pivLength, 0, piv);
    }
    return template;
  };
}

function makeTemplate(place: Place, piv: number): Uint8Array {
  const protectedBytes = protectedHeader(place.alg);
  const external = externalAad(place, piv);
  if (place.alg === algCcm) {
    return encStructure(protectedBytes, external);
  }
  const whole = macStructure(protectedBytes, external, new Uint8Array(0));
  return whole.subarray(0, whole.length - 1); // without the head of the empty payload
}

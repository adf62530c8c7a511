import { toHex, utf8 } from "./bytes.ts";
import { encodeCbor, headLength, writeHead } from "./cbor.ts";
import { bytesOf, head, textItem } from "./cbor-small.ts";
import { additionalData, type CoseTexts, coseAlg, coseTexts } from "./cose.ts";
import type { Crypto } from "./crypto.ts";
import { type Alg, algCcm, epochMax, kidMax, pivMax, tagLength } from "./envelope-header.ts";
import { extract, hkdf } from "./hkdf.ts";

/**
 * The keys of one device, epoch and direction, ready for use. A payload is sealed into what travels behind the header: the
 * ciphertext (algCcm) or the payload itself (algMac), then the 8-byte tag. Buffers are reused from call to call.
 */
export interface Session {
  readonly alg: Alg;
  readonly kid: number;
  readonly epoch: number;
  /**
   * Each Partial IV once, in ascending order: one that is not beyond the last throws, since under AES-CCM two messages with
   * one nonce give both away.
   */
  readonly seal: (piv: number, payload: Uint8Array) => Uint8Array;
  /** The payload (under algMac a view into `sealed`), or null where the tag does not hold. Never throws. */
  readonly open: (piv: number, sealed: Uint8Array) => Uint8Array | null;
}

export interface SessionOrder {
  /** The device's root key, 16 to 32 bytes. */
  readonly root: Uint8Array;
  /** Name of the deployment, 1 to `deploymentMax` bytes of UTF-8. */
  readonly deployment: string;
  readonly kid: number;
  /** Boot epoch of the sender: the device's for "up", the gateway's for "down". */
  readonly epoch: number;
  readonly alg: Alg;
  readonly direction: "up" | "down";
}

/** Longest name of a deployment, in bytes of UTF-8: it is the salt, and an HMAC key of one block. */
export const deploymentMax = 64;
const rootMin = 16; // bytes
const rootMax = 32; // bytes
const keyLength = 16; // bytes, AES-128
const nonceLength = 13; // bytes, AES-CCM-16-64-128

/**
 * What of the keys never changes between the epochs of a device: the pseudorandom key (HKDF-Extract is done once), and byte texts. A
 * build writes them into a board's bundle.
 */
export interface SessionRoot {
  readonly alg: Alg;
  readonly kid: number;
  readonly prk: Uint8Array;
  /** The HKDF info up to the epoch, and between epoch and direction. */
  readonly before: string;
  readonly behind: string;
  readonly cose: CoseTexts;
  readonly protect: (crypto: Crypto, root: SessionRoot, keys: Uint8Array, epoch: number) => Protection;
}

/** Derives the keys of a session: two HMACs, plus the setting up of one key. Numbers or names out of range are a bug and throw. */
export function deriveSession(crypto: Crypto, order: SessionOrder): Session {
  check(order);
  return openSession(crypto, sessionRoot(crypto, order), order.epoch, order.direction);
}

/** One HMAC. The order is not checked: deriveSession does that. */
export function sessionRoot(
  crypto: Crypto,
  order: Pick<SessionOrder, "root" | "deployment" | "kid" | "alg">,
): SessionRoot {
  return {
    alg: order.alg,
    kid: order.kid,
    prk: extract(crypto, { material: order.root, salt: utf8(order.deployment) }),
    before: head(4, 5) + textItem("v1") + head(0, order.kid),
    behind: head(0, coseAlg(order.alg)),
    cose: coseTexts(order),
    protect: order.alg === algCcm ? encrypt0 : mac0,
  };
}

/** The session of one epoch: one HMAC and the setting up of one key. HKDF-Expand has one block here (RFC 5869 §2.3). */
export function openSession(crypto: Crypto, root: SessionRoot, epoch: number, direction: string): Session {
  const info = root.before + head(0, epoch) + root.behind + textItem(direction);
  const keys = crypto.hmac(root.prk)(bytesOf(info + "\x01"));
  const protection = root.protect(crypto, root, keys, epoch);
  return {
    alg: root.alg,
    kid: root.kid,
    epoch: epoch,
    seal: ascending(protection.seal),
    open: protection.open,
  };
}

/**
 * The password a device shows an MQTT broker: 32 hexadecimal digits from its root, under a label of its own, so that there is no
 * second secret and the broker's copy opens no message. The info has six elements where that of a session has five; epoch and
 * algorithm are 0, which COSE reserves.
 */
export function mqttPassword(crypto: Crypto, order: SecretOrder): string {
  return toHex(labelled(crypto, order, "mqtt-password", 16));
}

/** The password of a board's console, which would else give its keys away: 20 hexadecimal digits, under a label of its own. */
export function consolePassword(crypto: Crypto, order: SecretOrder): string {
  return toHex(labelled(crypto, order, "console-password", 10));
}

type SecretOrder = Pick<SessionOrder, "root" | "deployment" | "kid">;

function labelled(crypto: Crypto, order: SecretOrder, label: string, length: number): Uint8Array {
  check({ root: order.root, deployment: order.deployment, kid: order.kid, epoch: 0 });
  return hkdf(crypto, {
    material: order.root,
    salt: utf8(order.deployment),
    info: encodeCbor(["v1", order.kid, 0, 0, "up", label]),
    length: length,
  });
}

export type Protection = Pick<Session, "seal" | "open">;

/** COSE_Encrypt0. The nonce is the common IV XOR the Partial IV at its right end (RFC 9052 §3.1, RFC 8613 §5.2). */
export function encrypt0(crypto: Crypto, root: SessionRoot, keys: Uint8Array, epoch: number): Protection {
  const cipher = crypto.ccm(new Uint8Array(keys.subarray(0, keyLength)));
  const iv = keys.subarray(keyLength, keyLength + nonceLength);
  const nonce = new Uint8Array(iv);
  const additional = additionalData(root.cose, epoch);
  const nonceOf = (piv: number): Uint8Array => {
    nonce[9] = iv[9] ^ (piv >>> 24);
    nonce[10] = iv[10] ^ ((piv >>> 16) & 255);
    nonce[11] = iv[11] ^ ((piv >>> 8) & 255);
    nonce[12] = iv[12] ^ (piv & 255);
    return nonce;
  };
  return {
    seal: (piv, payload) => cipher.seal(nonceOf(piv), additional(piv), payload),
    open: (piv, sealed) => cipher.open(nonceOf(piv), additional(piv), sealed),
  };
}

/** COSE_Mac0 with HMAC 256/64: the first 8 bytes of the HMAC (RFC 9053 §3.1). */
export function mac0(crypto: Crypto, root: SessionRoot, key: Uint8Array, epoch: number): Protection {
  const mac = crypto.hmac(key);
  const additional = additionalData(root.cose, epoch);
  let structure = new Uint8Array(0);
  const hmac = (piv: number, payload: Uint8Array): Uint8Array => {
    const before = additional(piv);
    const payloadAt = before.length + headLength(payload.length);
    const length = payloadAt + payload.length;
    if (structure.length < length) {
      structure = new Uint8Array(length);
    }
    structure.set(before);
    writeHead(structure, before.length, 2, payload.length);
    structure.set(payload, payloadAt);
    return mac(structure.subarray(0, length));
  };
  return {
    seal: (piv, payload) => {
      const sealed = new Uint8Array(payload.length + tagLength);
      sealed.set(payload);
      sealed.set(hmac(piv, payload).subarray(0, tagLength), payload.length);
      return sealed;
    },
    open: (piv, sealed) => {
      const length = sealed.length - tagLength;
      if (length < 0) {
        return null;
      }
      const payload = sealed.subarray(0, length);
      const whole = hmac(piv, payload);
      let difference = 0; // compared in constant time, in place
      for (let i = 0; i < tagLength; i++) {
        difference |= whole[i] ^ sealed[length + i];
      }
      return difference === 0 ? payload : null;
    },
  };
}

/** Lets no Partial IV through twice. */
function ascending(seal: Session["seal"]): Session["seal"] {
  let next = 0;
  return (piv, payload) => {
    if (!(piv >= next && isUint(piv, pivMax))) {
      throw new Error("Partial IV " + piv + " where " + next + " or more was due: sealed twice or used up");
    }
    next = piv + 1;
    return seal(piv, payload);
  };
}

function check(order: Pick<SessionOrder, "root" | "deployment" | "kid" | "epoch">): void {
  const salt = utf8(order.deployment).length;
  if (salt < 1 || salt > deploymentMax) {
    throw new Error("a deployment's name has 1 to " + deploymentMax + " bytes of UTF-8, not " + salt);
  }
  if (order.root.length < rootMin || order.root.length > rootMax) {
    throw new Error("a root key has " + rootMin + " to " + rootMax + " bytes, not " + order.root.length);
  }
  if (!isUint(order.kid, kidMax) || !isUint(order.epoch, epochMax)) {
    throw new Error("kid " + order.kid + " or epoch " + order.epoch + " is not a number of 16 bits");
  }
}

function isUint(n: number, most: number): boolean {
  return n >= 0 && n <= most && Math.floor(n) === n;
}

/**
 * Makes protocols/vectors/envelope.ndjson: 64 sessions of 16 messages, each in both forms. Deterministic; the same bytes come
 * out of envelope-peer.py, which knows neither this file nor protocols/. After a change of the format:
 * `npx vitest run protocols/envelope-vectors.test.ts -u`.
 */
import { createHash } from "node:crypto";
import { toHex, utf8 } from "../protocols/bytes.ts";
import { encodeCbor } from "../protocols/cbor.ts";
import { coseAlg } from "../protocols/cose.ts";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import {
  algCcm,
  deriveSession,
  mqttPassword,
  type SessionOrder,
  seal,
  sealStandard,
} from "../protocols/envelope.ts";
import { hkdf } from "../protocols/hkdf.ts";

export interface VectorSession {
  readonly root: string;
  readonly deployment: string;
  readonly kid: number;
  readonly epoch: number;
  readonly alg: 0 | 1;
  readonly direction: "up" | "down";
  /** What HKDF gives: AES key and common IV (29 bytes), or HMAC key (32 bytes). */
  readonly keys: string;
  readonly mqttPassword: string;
  /** Partial IV, payload, compressed frame, standard frame. */
  readonly messages: readonly (readonly [number, string, string, string])[];
}

const sessions = 64;
const deployments = [
  "paderborn",
  "p",
  "Münster",
  "Straße der drei Hasen 🐇",
  "a-name-that-fills-the-64-bytes-which-one-block-of-hmac-can-hold!",
];
// Where a number needs one more byte or bit, in our header or in CBOR.
const kids = [0, 1, 23, 24, 255, 256, 4711, 65535];
const epochs = [0, 1, 23, 24, 254, 255, 256, 65535];
const pivs = [
  [0, 1, 22, 23, 24, 25, 127, 128, 254, 255, 256, 257, 32768, 65534, 65535, 65536],
  [0, 23, 24, 255, 256, 4095, 65535, 65536, 1048576, 16777215, 16777216, 16777217].concat([
    2147483647, 2147483648, 4294967294, 4294967295,
  ]),
];
const lengths = [0, 1, 2, 7, 8, 13, 15, 16, 17, 22, 23, 24, 31, 32, 40, 48];
const longLengths = [254, 255, 256, 257, 300];

export function envelopeVectors(): string {
  return Array.from({ length: sessions }, (_, i) => `${JSON.stringify(session(i))}\n`).join("");
}

function session(i: number): VectorSession {
  const order: SessionOrder = {
    root: bytes(`root ${i}`, i % 3 === 0 ? 16 : 32),
    deployment: deployments[i % deployments.length],
    kid: kids[i % kids.length],
    epoch: epochs[(i >> 3) % epochs.length],
    alg: (i >> 1) % 2 === 0 ? 0 : 1,
    direction: i % 2 === 0 ? "up" : "down",
  };
  const compressed = deriveSession(nodeCrypto, order);
  const standard = deriveSession(nodeCrypto, order);
  return {
    root: toHex(order.root),
    deployment: order.deployment,
    kid: order.kid,
    epoch: order.epoch,
    alg: order.alg,
    direction: order.direction,
    keys: toHex(keysOf(order)),
    mqttPassword: mqttPassword(nodeCrypto, order),
    messages: pivs[(i >> 2) % 2].map((piv, k) => {
      const long = i % 16 === 5 && k < longLengths.length;
      const payload = bytes(`payload ${i} ${k}`, long ? longLengths[k] : lengths[(i + k) % lengths.length]);
      return [
        piv,
        toHex(payload),
        toHex(seal(compressed, piv, payload)),
        toHex(sealStandard(standard, piv, payload)),
      ];
    }),
  };
}

function keysOf(order: SessionOrder): Uint8Array {
  return hkdf(nodeCrypto, {
    material: order.root,
    salt: utf8(order.deployment),
    info: encodeCbor(["v1", order.kid, order.epoch, coseAlg(order.alg), order.direction]),
    length: order.alg === algCcm ? 29 : 32,
  });
}

/** Bytes that look random and are the same on every machine. */
function bytes(name: string, length: number): Uint8Array {
  const all = new Uint8Array(Math.ceil(length / 32) * 32);
  for (let at = 0; at < length; at += 32) {
    all.set(createHash("sha256").update(`dreihasen envelope vectors: ${name}, ${at}`).digest(), at);
  }
  return all.subarray(0, length);
}

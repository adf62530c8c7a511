import { createDecipheriv, createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../hil-tests/programs.ts";
import { equal, fromHex, toHex, utf8 } from "./bytes.ts";
import { decodeCbor, encodeCbor, field, isArray, isBytes, isMap, isTag } from "./cbor.ts";
import {
  additionalData,
  coseTexts,
  encStructure,
  externalAad,
  macStructure,
  protectedHeader,
} from "./cose.ts";
import { nodeCrypto } from "./crypto-node.ts";
import { parseAny } from "./envelope.ts";
import { type Fault, fault, isFault } from "./fault.ts";

const folder = dataFolder("vectors/cose");
const why = folder === null ? " (skipped: DREIHASEN_DATA has no vectors/cose)" : "";
const none = new Uint8Array(0);

function hex(text: string): Uint8Array {
  return fromHex(text) ?? none;
}

interface Example {
  readonly name: string;
  readonly fails: boolean;
  readonly plaintext: Uint8Array;
  readonly key: Uint8Array;
  readonly external: Uint8Array;
  /** AAD_hex or ToMac_hex, lower-case. */
  readonly structure: string;
  readonly object: Uint8Array;
  readonly mutations: readonly string[];
}

/** The COSE working group's examples whose recipients are implicit: COSE_Encrypt0 and COSE_Mac0. */
function examples(): Example[] {
  const found: Example[] = [];
  for (const part of ["aes-ccm-examples", "encrypted-tests", "hmac-examples", "mac0-tests"]) {
    for (const file of readdirSync(join(folder ?? "", part)).sort()) {
      const { title, fail, input, intermediates, output } = JSON.parse(
        readFileSync(join(folder ?? "", part, file), "utf8"),
      );
      const object = input.encrypted ?? input.mac0;
      if (object !== undefined) {
        found.push({
          name: `${file} ${title}`,
          fails: fail === true,
          plaintext: utf8(input.plaintext),
          key: hex(intermediates.CEK_hex),
          external: hex(object.external ?? ""),
          structure: (intermediates.AAD_hex ?? intermediates.ToMac_hex).toLowerCase(),
          object: hex(output.cbor),
          mutations: Object.keys(input.failures ?? {}),
        });
      }
    }
  }
  return found;
}

interface Opened {
  readonly payload: Uint8Array;
  readonly structure: Uint8Array;
}

/**
 * Opens any COSE_Encrypt0 or COSE_Mac0 that names its algorithm in the protected header and carries its whole IV. Ours are the
 * CBOR reader, the two structures and, for AES-CCM-16-64-128 and HMAC with SHA-256, the crypto port.
 */
function openObject(bytes: Uint8Array, key: Uint8Array, external: Uint8Array): Opened | Fault {
  const object = decodeCbor(bytes);
  if (
    isFault(object) ||
    !isTag(object) ||
    (object.tag !== 16 && object.tag !== 17) ||
    !isArray(object.value)
  ) {
    return fault("header", "not a tagged COSE_Encrypt0 or COSE_Mac0");
  }
  const [protectedBytes, unprotected, content, tag] = object.value;
  if (!isBytes(protectedBytes) || !isMap(unprotected) || !isBytes(content)) {
    return fault("header", "not the parts of a COSE object");
  }
  const header = decodeCbor(protectedBytes);
  const alg = !isFault(header) && isMap(header) ? field(header, 1) : undefined;
  if (object.tag === 16) {
    const structure = encStructure(protectedBytes, external);
    return openEncrypted({ alg, key, iv: field(unprotected, 5), structure, content });
  }
  const structure = macStructure(protectedBytes, external, content);
  const whole = typeof alg === "number" ? macOf(alg, key, structure) : null;
  if (whole === null || !isBytes(tag)) {
    return fault("header", "unknown algorithm");
  }
  return equal(whole, tag) ? { payload: content, structure } : fault("bad-tag", "");
}

const ccmSizes: Record<number, [key: number, tag: number]> = {
  10: [128, 8],
  11: [256, 8],
  12: [128, 8],
  13: [256, 8],
  30: [128, 16],
  31: [256, 16],
  32: [128, 16],
  33: [256, 16],
};

function openEncrypted(parts: {
  alg: unknown;
  key: Uint8Array;
  iv: unknown;
  structure: Uint8Array;
  content: Uint8Array;
}): Opened | Fault {
  const { alg, key, iv, structure, content } = parts;
  if (!(iv instanceof Uint8Array) || typeof alg !== "number" || !(alg in ccmSizes || alg === 1)) {
    return fault("header", "unknown algorithm or no IV");
  }
  if (alg === 10) {
    const payload = nodeCrypto.ccm(key).open(iv, structure, content);
    return payload === null ? fault("bad-tag", "") : { payload, structure };
  }
  const [bits, tagLength] = alg === 1 ? [128, 16] : ccmSizes[alg];
  const name = (alg === 1 ? "aes-128-gcm" : `aes-${bits}-ccm`) as "aes-128-ccm";
  const opening = createDecipheriv(name, key, iv, { authTagLength: tagLength });
  const plaintextLength = content.length - tagLength;
  opening.setAuthTag(content.subarray(plaintextLength));
  opening.setAAD(structure, { plaintextLength });
  try {
    const payload = opening.update(content.subarray(0, plaintextLength));
    opening.final();
    return { payload: new Uint8Array(payload), structure };
  } catch {
    return fault("bad-tag", "");
  }
}

function macOf(alg: number, key: Uint8Array, structure: Uint8Array): Uint8Array | null {
  if (alg === 4 || alg === 5) {
    return nodeCrypto
      .hmac(key)(structure)
      .subarray(0, alg === 4 ? 8 : 32);
  }
  const hash = { 6: "sha384", 7: "sha512" }[alg];
  return hash === undefined ? null : createHmac(hash, key).update(structure).digest();
}

/** What each of the working group's mutations must be refused as. */
const expected: Record<string, string> = {
  ChangeCBORTag: "header",
  ChangeTag: "bad-tag",
  ChangeAttr: "header",
  AddProtected: "bad-tag",
  RemoveProtected: "bad-tag",
};

describe.skipIf(folder === null)(`the COSE working group's examples${why}`, () => {
  const all = folder === null ? [] : examples();
  // Without an algorithm in the protected header, or without the CBOR tag: what our profile leaves out on purpose.
  const profile = all.filter(({ name }) => !/pass-01|pass-03|mac-pass-02/.test(name));

  it("open to their plaintexts, with the intermediates given: 8 COSE_Encrypt0 with CCM, 2 with GCM, 5 COSE_Mac0", () => {
    const good = profile.filter(({ fails }) => !fails);
    for (const { name, object, key, external, plaintext, structure } of good) {
      const opened = openObject(object, key, external);
      if (isFault(opened)) {
        throw new Error(`${name}: ${opened.detail}`);
      }
      expect(opened.payload, name).toEqual(plaintext);
      expect(toHex(opened.structure), name).toBe(structure);
    }
    expect(good.length).toBe(15);
  });

  it("hold our two algorithms, AES-CCM-16-64-128 and HMAC 256/64, once each", () => {
    const ours = profile.filter(({ object }) => /^(d08343a1010a|d18443a10104)/.test(toHex(object)));
    expect(ours.map(({ name }) => name.split(" ")[0])).toEqual(["aes-ccm-enc-01.json", "HMac-enc-05.json"]);
  });

  it("are refused with the fault that fits where they are meant to fail: all 13", () => {
    const bad = profile.filter(({ fails }) => fails);
    for (const { name, object, key, external, mutations } of bad) {
      const opened = openObject(object, key, external);
      expect(isFault(opened) ? opened.fault : "opened", name).toBe(expected[mutations[0]]);
    }
    expect(bad.length).toBe(13);
  });

  it("are no frames of ours, since none names kid, Partial IV and epoch: refused by their headers alone", () => {
    for (const { name, object } of all) {
      expect(parseAny(object), name).toMatchObject({ fault: "header" });
    }
  });
});

describe("what a tag covers", () => {
  const place = { kid: 4711, epoch: 300, deployment: "Münster" };

  it("is patched for each Partial IV to the bytes that would be made anew", () => {
    const encrypt0 = additionalData(coseTexts({ ...place, alg: 0 }), place.epoch);
    const mac0 = additionalData(coseTexts({ ...place, alg: 1 }), place.epoch);
    for (const piv of [0, 65536, 23, 24, 1, 255, 256, 65535, 4294967295, 7, 16777216, 300, 100]) {
      const enc = encStructure(protectedHeader(0), externalAad({ ...place, alg: 0 }, piv));
      expect(toHex(encrypt0(piv))).toBe(toHex(enc));
      const mac = macStructure(protectedHeader(1), externalAad({ ...place, alg: 1 }, piv), none);
      expect(`${toHex(mac0(piv))}40`).toBe(toHex(mac));
    }
  });

  it("names version, COSE algorithm, kid, epoch, Partial IV and deployment", () => {
    expect(externalAad({ ...place, alg: 0 }, 70000)).toEqual(
      encodeCbor([0, 10, 4711, 300, 70000, "Münster"]),
    );
    expect(externalAad({ ...place, alg: 1 }, 70000)).toEqual(encodeCbor([0, 4, 4711, 300, 70000, "Münster"]));
  });
});

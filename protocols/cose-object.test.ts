import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { order, verdict } from "../hil-tests/envelope-receive.ts";
import { toHex, utf8 } from "./bytes.ts";
import { type CborValue, decodeCbor, encodeCbor, isArray, isBytes, isTag } from "./cbor.ts";
import { coseAlg, encStructure, externalAad, macStructure, protectedHeader } from "./cose.ts";
import { nodeCrypto } from "./crypto-node.ts";
import { type Alg, deriveSession, parseStandard, seal, sealStandard } from "./envelope.ts";
import { isFault } from "./fault.ts";
import { hkdf } from "./hkdf.ts";

const algs: readonly Alg[] = [0, 1];
const payload = utf8("1-0:1.8.0*255 2941646.1614 Wh");
const piv = 70000;

function session(alg: Alg) {
  return deriveSession(nodeCrypto, { ...order, alg });
}

/** What stands behind the two headers of the object: ciphertext with tag, or payload and tag. */
function parts(alg: Alg): CborValue[] {
  const object = decodeCbor(sealStandard(session(alg), piv, payload));
  return !isFault(object) && isTag(object) && isArray(object.value) ? object.value.slice() : [];
}

describe("a frame in the standard form", () => {
  it("carries the ciphertext and tag of the compressed form, and costs 30 or 31 bytes", () => {
    for (const alg of algs) {
      const compressed = seal(session(alg), piv, payload);
      const standard = sealStandard(session(alg), piv, payload);
      const behind = parts(alg).slice(2);
      expect(behind.map((part) => (isBytes(part) ? toHex(part) : "")).join("")).toBe(
        toHex(compressed.subarray(8)),
      );
      expect(standard.length - payload.length).toBe(alg === 0 ? 30 : 31);
    }
  });

  it("is the deterministic CBOR of a COSE object", () => {
    const epochs = fc.oneof(fc.nat(300), fc.nat(65535));
    const pivs = fc.oneof(fc.nat(300), fc.nat(0xffffffff));
    const content = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(fc.constantFrom(...algs), epochs, pivs, content, (alg, epoch, number, any) => {
        const standard = sealStandard(deriveSession(nodeCrypto, { ...order, alg, epoch }), number, any);
        const object = decodeCbor(standard);
        expect(isFault(object) ? object : encodeCbor(object)).toEqual(standard);
      }),
    );
  });

  it("that claims a gigabyte is refused by its header", () => {
    for (const alg of algs) {
      const frame = sealStandard(session(alg), piv, payload);
      const lying = [...frame.subarray(0, 20), 0x5a, 0x40, 0, 0, 0, ...frame.subarray(22)];
      expect(parseStandard(new Uint8Array(lying))).toMatchObject({ fault: "header" });
    }
  });

  it("whose map stands in another order is refused: one message has one spelling", () => {
    for (const alg of algs) {
      const frame = sealStandard(session(alg), piv, payload);
      const [kid, number] = [frame.subarray(7, 11), frame.subarray(11, 16)];
      const swapped = new Uint8Array([...frame.subarray(0, 7), ...number, ...kid, ...frame.subarray(16)]);
      expect(verdict(order, frame)).toBe("accepted");
      expect(decodeCbor(swapped)).not.toHaveProperty("fault");
      expect(verdict(order, swapped)).toBe("header");
    }
  });
});

/** The mutations of the COSE working group's negative examples, done to a standard frame of ours. */
describe("the COSE working group's ways to fail, on our own objects", () => {
  function verdictOn(alg: Alg, changes: { tag?: number; protected?: CborValue; last?: CborValue }): string {
    const value = parts(alg);
    value[0] = changes.protected === undefined ? value[0] : encodeCbor(changes.protected);
    value[value.length - 1] = changes.last ?? value[value.length - 1];
    return verdict(order, encodeCbor({ tag: changes.tag ?? (alg === 0 ? 16 : 17), value }));
  }

  it("change nothing where nothing is changed", () => {
    expect(algs.map((alg) => verdictOn(alg, {}))).toEqual(["accepted", "accepted"]);
  });

  it("ChangeCBORTag is refused as a header", () => {
    expect(algs.map((alg) => verdictOn(alg, { tag: 992 }))).toEqual(["header", "header"]);
    expect(algs.map((alg) => verdictOn(alg, { tag: alg === 0 ? 17 : 16 }))).toEqual(["header", "header"]);
  });

  it("RemoveCBORTag is refused as a header", () => {
    expect(algs.map((alg) => verdict(order, encodeCbor(parts(alg))))).toEqual(["header", "header"]);
  });

  it("ChangeTag is refused as a bad tag", () => {
    for (const alg of algs) {
      const last = new Uint8Array(parts(alg).pop() as Uint8Array);
      last[last.length - 1]++;
      expect(verdictOn(alg, { last })).toBe("bad-tag");
    }
  });

  it("ChangeAttr, to an unknown number or a text, is refused as a header", () => {
    for (const alg of algs) {
      expect(verdictOn(alg, { protected: { pairs: [[1, -999]] } })).toBe("header");
      expect(verdictOn(alg, { protected: { pairs: [[1, "Unknown"]] } })).toBe("header");
    }
  });

  it("AddProtected is refused as a header", () => {
    for (const alg of algs) {
      const more: CborValue = {
        pairs: [
          [1, coseAlg(alg)],
          [3, 0],
        ],
      };
      expect(verdictOn(alg, { protected: more })).toBe("header");
    }
  });

  it("RemoveProtected is refused as a bad tag", () => {
    for (const alg of algs) {
      const more = encodeCbor({
        pairs: [
          [1, coseAlg(alg)],
          [3, 0],
        ],
      });
      expect(verdictOn(alg, { last: sealedUnder(alg, more) })).toBe("bad-tag");
      expect(verdictOn(alg, { last: sealedUnder(alg, protectedHeader(alg)) })).toBe("accepted");
    }
  });

  /** Ciphertext with tag, or tag, made step by step under another protected header. */
  function sealedUnder(alg: Alg, protectedBytes: Uint8Array): Uint8Array {
    const info = encodeCbor(["v1", order.kid, order.epoch, coseAlg(alg), order.direction]);
    const length = alg === 0 ? 29 : 32;
    const keys = hkdf(nodeCrypto, { material: order.root, salt: utf8(order.deployment), info, length });
    const external = externalAad({ ...order, alg }, piv);
    if (alg === 1) {
      return nodeCrypto
        .hmac(keys)(macStructure(protectedBytes, external, payload))
        .subarray(0, 8);
    }
    const nonce = new Uint8Array(keys.subarray(16));
    [0x01, 0x11, 0x70].forEach((byte, i) => {
      nonce[10 + i] ^= byte; // 70000
    });
    return nodeCrypto.ccm(keys.subarray(0, 16)).seal(nonce, encStructure(protectedBytes, external), payload);
  }
});

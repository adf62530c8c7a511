import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataFolder, pythonWith } from "../hil-tests/programs.ts";
import { fromHex, toHex } from "./bytes.ts";
import {
  type CborValue,
  decodeCbor,
  decodeDeterministicCbor,
  encodeCbor,
  field,
  headLength,
  isArray,
  isBytes,
  isFloat,
  isMap,
  isTag,
  isUint,
  isWords,
  writeHead,
} from "./cbor.ts";
import { integerText } from "./decimal.ts";
import { isFault } from "./fault.ts";

/** Diagnostic notation of RFC 8949 §8, as appendix A writes it. */
function notation(value: CborValue): string {
  if (value === null || typeof value === "boolean") {
    return String(value);
  }
  if (typeof value === "number" || isWords(value)) {
    return integerText(value);
  }
  if (typeof value === "string") {
    return JSON.stringify(value);
  }
  if (isBytes(value)) {
    return `h'${toHex(value)}'`;
  }
  if (isArray(value)) {
    return `[${value.map(notation).join(", ")}]`;
  }
  if (isMap(value)) {
    return `{${value.pairs.map((pair) => `${notation(pair[0])}: ${notation(pair[1])}`).join(", ")}}`;
  }
  if (isTag(value)) {
    return `${value.tag}(${notation(value.value)})`;
  }
  if (isFloat(value)) {
    return floatNotation(value.float);
  }
  return value.simple === 23 ? "undefined" : `simple(${value.simple})`;
}

/** Always with a point or an exponent, since 1.0 is not 1. */
function floatNotation(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /^-?[0-9]+$/.test(text) ? `${text}.0` : text;
}

function decodeHex(hex: string) {
  const value = decodeCbor(fromHex(hex)!);
  return isFault(value) ? value.fault : notation(value);
}

function big(value: bigint): CborValue {
  const high = Number(value >> 32n);
  const safe = value >= -(2n ** 53n - 1n) && value <= 2n ** 53n - 1n;
  return safe ? Number(value) : { high, low: Number(value & 0xffffffffn) };
}

const key: fc.Arbitrary<CborValue> = fc.oneof(
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }).map(big),
  fc.integer(),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.uint8Array({ maxLength: 6 }),
);
const leaf: fc.Arbitrary<CborValue> = fc.oneof(
  key,
  fc.maxSafeInteger(),
  fc.double().map((float) => ({ float })),
  fc.float({ noNaN: true }).map((float) => ({ float })),
  fc.integer({ min: -4096, max: 4096 }).map((n) => ({ float: n / 64 })),
  fc.boolean(),
  fc.constant(null),
  fc
    .oneof(fc.integer({ min: 0, max: 19 }), fc.constant(23), fc.integer({ min: 32, max: 255 }))
    .map((simple) => ({
      simple,
    })),
);
const { value: anyValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: "small" },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(key, tie("value")), { maxLength: 4, selector: (pair) => notation(pair[0]) })
      .map((pairs) => ({ pairs })),
    fc.record({ tag: fc.maxSafeInteger().map(Math.abs), value: tie("value") }),
  ),
}));

/** From RFC 8949: appendix A for the values, sections 3 to 5 and appendix F for the refusals. */
const examples: readonly (readonly [string, string])[] = [
  ["00", "0"],
  ["17", "23"],
  ["1818", "24"],
  ["1903e8", "1000"],
  ["1a000f4240", "1000000"],
  ["1b000000e8d4a51000", "1000000000000"],
  ["1b001fffffffffffff", "9007199254740991"],
  ["1b0020000000000000", "9007199254740992"],
  ["1bffffffffffffffff", "18446744073709551615"],
  ["20", "-1"],
  ["3903e7", "-1000"],
  ["3b001ffffffffffffe", "-9007199254740991"],
  ["3b001fffffffffffff", "-9007199254740992"],
  ["3bffffffffffffffff", "-18446744073709551616"],
  ["c249010000000000000000", "2(h'010000000000000000')"],
  ["f90000", "0.0"],
  ["f98000", "-0.0"],
  ["f93c00", "1.0"],
  ["fb3ff199999999999a", "1.1"],
  ["f97bff", "65504.0"],
  ["fa47c35000", "100000.0"],
  ["fa7f7fffff", "3.4028234663852886e+38"],
  ["fb7e37e43c8800759c", "1e+300"],
  ["f90001", "5.960464477539063e-8"],
  ["f90400", "0.00006103515625"],
  ["f97c00", "Infinity"],
  ["f97e00", "NaN"],
  ["f9fc00", "-Infinity"],
  ["f4", "false"],
  ["f6", "null"],
  ["f7", "undefined"],
  ["f0", "simple(16)"],
  ["f8ff", "simple(255)"],
  ["c1fb41d452d9ec200000", "1(1363896240.5)"],
  ["d818456449455446", "24(h'6449455446')"],
  ["40", "h''"],
  ["62225c", '"\\"\\\\"'],
  ["64f0908591", '"\u{10151}"'],
  ["8301820203820405", "[1, [2, 3], [4, 5]]"],
  ["a26161016162820203", '{"a": 1, "b": [2, 3]}'],
];

const refusals: readonly (readonly [string, string, string])[] = [
  ["an integer that would be shorter", "1817", "syntax"],
  ["a 16-bit length that would be shorter", "5900ff" + "00".repeat(255), "syntax"],
  ["a 32-bit argument that would be shorter", "1a0000ffff", "syntax"],
  ["a 64-bit argument that would be shorter", "1b00000000ffffffff", "syntax"],
  ["a tag number that would be shorter", "d81701", "syntax"],
  ["a float that would be shorter", "fa3fc00000", "syntax"],
  ["a NaN with a payload", "f97e01", "syntax"],
  ["a NaN with a sign", "f9fe00", "syntax"],
  ["a reserved simple value", "f818", "syntax"],
  ["false in two bytes", "f814", "syntax"],
  ["reserved additional information", "1c", "syntax"],
  ["reserved additional information of a simple value", "fe", "syntax"],
  ["an indefinite byte string", "5f42010243030405ff", "unsupported"],
  ["an indefinite array", "9fff", "unsupported"],
  ["an indefinite map", "bfff", "unsupported"],
  ["a break on its own", "ff", "unsupported"],
  ["an array as a map key", "a18001", "unsupported"],
  ["a tag number beyond 53 bits", "dbffffffffffffffff00", "unsupported"],
  ["text that is not UTF-8", "61ff", "syntax"],
  ["a surrogate in text", "63eda080", "syntax"],
  ["the same key twice", "a201000100", "syntax"],
  ["the same key twice, far apart", "a3616101026161616102", "syntax"],
  ["bytes behind the value", "0000", "syntax"],
  ["nothing at all", "", "truncated"],
  ["a value missing in a map", "a101", "truncated"],
  ["nine levels", "81".repeat(9) + "00", "limit"],
  ["nine levels of tags", "c1".repeat(9) + "00", "limit"],
  ["200,000 levels", "81".repeat(200_000) + "00", "limit"],
  ["200,000 levels of maps", "a101".repeat(200_000), "limit"],
  ["a byte string of 1 GB that is not there", "5a3b9aca00", "truncated"],
  ["an array of 1 G items that are not there", "9a3b9aca00", "truncated"],
  ["a map of 1 G pairs that are not there", "ba3b9aca0000", "truncated"],
  ["a text of 2^64 - 1 bytes", "7bffffffffffffffff", "truncated"],
];

describe("CBOR", () => {
  it.each(examples)("reads and writes %s as RFC 8949 appendix A says", (hex, text) => {
    expect(decodeHex(hex)).toBe(text);
    expect(toHex(encodeCbor(decodeCbor(fromHex(hex)!) as CborValue))).toBe(hex);
  });

  it.each(refusals)("refuses %s", (_, hex, code) => {
    const start = performance.now();
    expect(decodeHex(hex)).toBe(code);
    expect(performance.now() - start, "ms").toBeLessThan(500);
  });

  it("takes eight levels", () => {
    expect(decodeHex("81".repeat(8) + "00")).toBe("[[[[[[[[0]]]]]]]]");
  });

  it("writes map keys in the order of their bytes, and reads them in any order unless told otherwise", () => {
    const pairs: [CborValue, CborValue][] = [
      ["aa", 1],
      [100, 2],
      [-1, 3],
      ["z", 4],
      [10, 5],
    ];
    // RFC 8949 §4.2.1: 10, 100, -1, "z", "aa".
    expect(toHex(encodeCbor({ pairs }))).toBe("a50a05186402200361" + "7a0462616101");
    const unordered = fromHex("a2616201616102")!;
    expect(toHex(encodeCbor(decodeCbor(unordered) as CborValue))).toBe("a2616102616201");
    expect(decodeDeterministicCbor(unordered)).toMatchObject({ fault: "syntax" });
    expect(decodeDeterministicCbor(fromHex("a2616102616201")!)).toEqual({
      pairs: [
        ["a", 2],
        ["b", 1],
      ],
    });
  });

  it("brings every value back", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encodeCbor(value);
        const back = decodeDeterministicCbor(bytes);
        expect(isFault(back), toHex(bytes)).toBe(false);
        expect(toHex(encodeCbor(back as CborValue))).toBe(toHex(bytes));
        expect(notation(back as CborValue).length).toBe(notation(value).length);
      }),
      { numRuns: 3000 },
    );
  });

  it("refuses every message that is cut, wherever", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encodeCbor(value);
        for (let length = 0; length < bytes.length; length++) {
          expect(decodeCbor(bytes.subarray(0, length))).toMatchObject({ fault: "truncated" });
        }
      }),
      { numRuns: 500 },
    );
  });

  it("takes a message with a flipped bit only as another message in its one encoding", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encodeCbor(value);
        for (let bit = 0; bit < 8 * bytes.length; bit++) {
          bytes[bit >> 3] ^= 1 << (bit & 7);
          const other = decodeDeterministicCbor(bytes);
          if (!isFault(other)) {
            expect(toHex(encodeCbor(other))).toBe(toHex(bytes));
          }
          bytes[bit >> 3] ^= 1 << (bit & 7);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("never throws at random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const value = decodeDeterministicCbor(bytes);
        if (!isFault(value)) {
          expect(toHex(encodeCbor(value))).toBe(toHex(bytes));
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it("finds a key twice among 100,000 in no time", () => {
    const count = 100_000;
    const bytes = new Uint8Array(5 + 6 * count);
    let at = writeHead(bytes, 0, 5, count);
    for (let i = count; i > 0; i--) {
      at = writeHead(bytes, at, 0, 100_000 + (i === 1 ? 2 : i));
      at = writeHead(bytes, at, 0, 0);
    }
    const start = performance.now();
    expect(decodeCbor(bytes)).toMatchObject({ fault: "syntax" });
    expect(performance.now() - start, "ms").toBeLessThan(2000);
  });

  it("measures a head as long as it writes it", () => {
    const target = new Uint8Array(16);
    for (const n of [0, 23, 24, 255, 256, 65535, 65536, 4294967295, 4294967296, 9007199254740991]) {
      expect(writeHead(target, 3, 0, n)).toBe(3 + headLength(n));
      expect(decodeCbor(target.subarray(3, 3 + headLength(n)))).toBe(n);
    }
  });

  it("gives the fields of a map by key", () => {
    const map = decodeCbor(fromHex("a2010261610a")!);
    expect(isFault(map) || !isMap(map) ? null : [field(map, 1), field(map, "a"), field(map, "b")]).toEqual([
      2,
      10,
      undefined,
    ]);
    expect([isUint(5, 5), isUint(6, 5), isUint(-1, 5), isUint("5", 5), isUint({ float: 5 }, 5)]).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it("has no encoding for a fraction that does not say it is a float", () => {
    expect(() => encodeCbor(1.5)).toThrow();
    expect(() => encodeCbor(2 ** 53)).toThrow();
    expect(() => encodeCbor(NaN)).toThrow();
  });
});

const vectors = dataFolder("vectors/cbor");
const appendix: { hex: string; roundtrip: boolean; decoded?: unknown; diagnostic?: string }[] =
  vectors === null ? [] : JSON.parse(readFileSync(join(vectors, "appendix_a.json"), "utf8"));

describe("RFC 8949 appendix A, the published vectors (needs DREIHASEN_DATA)", () => {
  it.skipIf(vectors === null)("all 82 read as published, or are refused as our profile says", () => {
    let refused = 0;
    for (const { hex, roundtrip, decoded, diagnostic } of appendix) {
      const value = decodeCbor(fromHex(hex)!);
      // RFC 7049's simple(24) is not well-formed since RFC 8949 §3.3.
      if (!roundtrip || hex === "f818") {
        expect(value, hex).toMatchObject({ fault: /^f[89ab]/.test(hex) ? "syntax" : "unsupported" });
        refused++;
        continue;
      }
      expect(isFault(value), hex).toBe(false);
      expect(toHex(encodeCbor(value as CborValue))).toBe(hex);
      if (diagnostic !== undefined) {
        expect(notation(value as CborValue), hex).toBe(diagnostic);
      } else if (!hex.startsWith("1bffff") && !hex.startsWith("c") && !hex.startsWith("3bffff")) {
        expect(plain(value as CborValue), hex).toEqual(decoded);
      }
    }
    expect([appendix.length, refused]).toEqual([82, 18]);
  });
});

/** As JSON would hold it; the three integers beyond 64 signed bits are compared as text in the list above. */
function plain(value: CborValue): unknown {
  if (isArray(value)) {
    return value.map(plain);
  }
  if (isMap(value)) {
    return Object.fromEntries(value.pairs.map((pair) => [pair[0], plain(pair[1])]));
  }
  return isFloat(value) ? value.float : value;
}

const python = pythonWith("cbor2");

/**
 * Reads each line with cbor2 and writes it again: scalars as cbor2 writes them, maps sorted here, since cbor2 5.4 still sorts
 * keys by length first (RFC 7049).
 */
const again = `
import sys, cbor2
def head(major, n):
    data = bytearray(cbor2.dumps(n))
    data[0] |= major << 5
    return bytes(data)
def write(v):
    if isinstance(v, dict):
        return head(5, len(v)) + b"".join(sorted(write(k) + write(x) for k, x in v.items()))
    if isinstance(v, list):
        return head(4, len(v)) + b"".join(write(x) for x in v)
    if isinstance(v, cbor2.CBORTag):
        return head(6, v.tag) + write(v.value)
    return cbor2.dumps(v, canonical=True)
for line in sys.stdin:
    print(write(cbor2.loads(bytes.fromhex(line))).hex())
`;

/** Tags below 2^16 have meanings in cbor2, which then gives a date or a set. */
function hasKnownTag(value: CborValue): boolean {
  if (isTag(value)) {
    return value.tag < 65536 || hasKnownTag(value.value);
  }
  const parts = isArray(value) ? value : isMap(value) ? value.pairs.map((pair) => pair[1]) : [];
  return parts.some(hasKnownTag);
}

describe("CBOR beside python3-cbor2 (needs python3-cbor2)", () => {
  it.skipIf(python === null)("is read by cbor2, and written by it in the same bytes", () => {
    const values = fc
      .sample(anyValue, { numRuns: 3000, seed: 20261123 })
      .filter((value) => !hasKnownTag(value));
    const texts = values.map((value) => toHex(encodeCbor(value)));
    const run = spawnSync(python!, ["-c", again], { input: texts.join("\n"), encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.stdout.trim().split("\n")).toEqual(texts);
    expect(texts.length).toBeGreaterThan(2500);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex } from "./bytes.ts";
import { nodeCiphers } from "./crypto-node.ts";
import { decimalText } from "./decimal.ts";
import { isFault } from "./fault.ts";
import { deriveKey } from "./mbus-security.ts";
import { writeRecord } from "./mbus-write.ts";
import type { BadTelegram, DataRecord, Telegram } from "./meter.ts";
import { wmbus } from "./wmbus.ts";
import { CompactFormats, formatsMax } from "./wmbus-compact.ts";
import { withCrcs } from "./wmbus-frame.ts";
import { type WirelessToWrite, writeWireless } from "./wmbus-write.ts";

type Result = Telegram | BadTelegram;

function decode(bytes: Uint8Array, key: Uint8Array | null, size = bytes.length): Result[] {
  const decoder = wmbus.decoder({ ciphers: nodeCiphers, key });
  const results: Result[] = [];
  for (let at = 0; at < bytes.length; at += Math.max(size, 1)) {
    results.push(...decoder.push(bytes.subarray(at, at + size)));
  }
  return [...results, ...decoder.end()];
}

function values(result: Result | undefined): (string | null)[] {
  const records: readonly DataRecord[] = result === undefined || isFault(result) ? [] : result.records!;
  return records.map(({ value }) =>
    value === null || typeof value === "string" ? value : decimalText(value.integer, value.exponent),
  );
}

function good(results: readonly Result[]): Telegram[] {
  return results.filter((result): result is Telegram => !isFault(result));
}

const key = fromHex("000102030405060708090a0b0c0d0e0f")!;
const volume = { vib: [0x13], data: { coding: "integer", bytes: 4, value: 466472 } } as const;
const instant = { function: "instantaneous", storage: 0, tariff: 0, subunit: 0 } as const;
const data = writeRecord({ ...instant, ...volume });

function telegram(changes: Partial<WirelessToWrite>): Uint8Array {
  const written = writeWireless(
    {
      address: fromHex("9315785634123303")!,
      accessNumber: 42,
      data,
      security: "none",
      key,
      counter: fromHex("b30a0020")!,
      ...changes,
    },
    nodeCiphers,
  );
  if (isFault(written)) {
    throw new Error(written.detail);
  }
  return written;
}

function framed(format: "a" | "b", plain: Uint8Array): Uint8Array {
  const bytes = withCrcs(format, plain);
  if (isFault(bytes)) {
    throw new Error(bytes.detail);
  }
  return bytes;
}

// OMS specification volume 2 annex N; the meters' readings are 28504.27 m3.
const profileA =
  "2e44931578563412330333637a2a0020255923c95aaa26d1b2e7493bc2ad013ec4a6f6d3529b520edff0ea6defc955b29d6d69ebf3ec8a";
const profileB =
  "434493157856341233037ac98c2075900f002c25b30a000021924d4fba372fb66e017a75002007109058475f4bc9d1281df878b80a1b0f98b629024aac7279429398bfc549233c0140829b93baa1";
const adapter =
  "53082448443322110337d0468e80753a63665544330a31900f002c25e00ab30a0000af5d74df73a600d972785634c027129315330375002007109058475f4bc955cf1df878b80a1b0f98b629024aac7279429398bfc549233c0140829b93baa1";
const partly =
  "2d44934444332211553769ef7288776655934455080004100500dfe227f9a782146d1513581cd2f83f39040cfd1040c4785634128134";

describe("the OMS group's own telegrams", () => {
  it("of security profile A (mode 5) are opened", () => {
    const [found] = decode(fromHex(profileA)!, fromHex("0102030405060708090a0b0c0d0e0f11"));
    expect(found).toMatchObject({ meter: "12345678" });
    expect(values(found)).toEqual(["28504.27", "2008-05-31T23:50:00", "0"]);
  });

  it.each([
    ["with a radio of its own", profileB],
    ["behind a radio adapter", adapter],
  ])("of security profile B (mode 7) %s are authenticated and opened", (_name, hex) => {
    const [found] = decode(fromHex(hex)!, key);
    expect(found).toMatchObject({ meter: "12345678" });
    expect(values(found).slice(0, 1)).toEqual(["28504.27"]);
  });

  it("with clear records behind the encrypted ones are read to the end", () => {
    const [found] = decode(fromHex(partly)!, key);
    expect(found).toMatchObject({ meter: "55667788" });
    expect(values(found)).toHaveLength(4);
    expect(values(found)[0]).toBe("1234");
    expect(values(found)[3]).toBe("12345678");
  });

  it("derive the keys that the annex prints", () => {
    const counter = fromHex("b30a0000")!;
    const id = fromHex("78563412")!;
    expect(toHex(deriveKey(nodeCiphers, key, 0, counter, id))).toBe("eccf39d475d730b8284fdfdc1995d52f");
    expect(toHex(deriveKey(nodeCiphers, key, 1, counter, id))).toBe("c9cd19ff5a9aad5a6bbda13bd2c4c7ad");
  });

  it("of frame format B are read", () => {
    expect(values(decode(fromHex("1444ae0c7856341201078c2027780b134365877ac5")!, null)[0])).toEqual([
      "876.543",
    ]);
  });
});

const securities = ["none", "mode5", "mode7", "ell"] as const;

describe("a telegram written here", () => {
  it.each(securities)("with security %s is read again, without CRCs and in both formats", (security) => {
    const plain = telegram({ security });
    for (const bytes of [plain, framed("a", plain), framed("b", plain)]) {
      const [found, ...more] = decode(bytes, key);
      expect(more).toEqual([]);
      expect(found).toMatchObject({ offset: 0, meter: "12345678" });
      expect(values(found)).toEqual(["466.472"]);
    }
  });

  it("of any length is read again", () => {
    fc.assert(
      fc.property(fc.constantFrom(...securities), fc.integer({ min: 1, max: 27 }), (security, count) => {
        const plain = telegram({ security, data: concat(Array.from({ length: count }, () => data)) });
        const formats = [plain, framed("a", plain), plain.length > 252 ? plain : framed("b", plain)];
        for (const bytes of formats) {
          expect(values(decode(bytes, key)[0])).toHaveLength(count);
        }
      }),
    );
  });

  it("that is longer than the air allows is a fault", () => {
    const long = { data: new Uint8Array(260).fill(0x2f) };
    expect(() => telegram(long)).toThrow("longer than 256");
    expect(withCrcs("b", new Uint8Array(253))).toMatchObject({ fault: "range" });
  });
});

describe("what went wrong has its own name", () => {
  it.each(["mode5", "mode7", "ell"] as const)("without a key, with a wrong one (%s)", (security) => {
    const bytes = telegram({ security });
    expect(decode(bytes, null)).toMatchObject([{ fault: "no-key" }]);
    const other = key.slice();
    other[3]! ^= 1;
    expect(decode(bytes, other)).toMatchObject([{ fault: "wrong-key" }]);
    expect(decode(bytes, key.subarray(0, 8))).toMatchObject([
      { fault: "wrong-key", detail: expect.stringContaining("8 bytes") },
    ]);
  });

  it.each(["mode5", "mode7", "ell"] as const)(
    "with the right key and content nobody knows (%s)",
    (security) => {
      const bytes = telegram({ security, data: fromHex("0413010000003f")! });
      expect(decode(bytes, key)).toMatchObject([{ fault: "content" }]);
    },
  );

  it("with a wrong CRC of the link layer", () => {
    const bytes = framed("a", telegram({ security: "mode5" }));
    bytes[20]! ^= 4;
    expect(decode(bytes, key)).toMatchObject([{ fault: "checksum" }]);
  });

  it("with a wrong CRC of the extended link layer, which says that it does not encrypt", () => {
    const bytes = telegram({ security: "ell", counter: fromHex("b30a0000")! });
    expect(decode(bytes, null)).toMatchObject([{ fault: "checksum" }]);
  });

  it("with a security mode that is not opened here", () => {
    const bytes = telegram({});
    bytes[14] = 0x0a;
    expect(decode(bytes, key)).toMatchObject([{ fault: "unsupported" }]);
  });

  it("with a CI field of the maker's own, or a compact frame", () => {
    const bytes = telegram({});
    bytes[10] = 0xa2;
    expect(decode(bytes, null)).toMatchObject([{ fault: "unsupported" }]);
    bytes[10] = 0x79;
    expect(decode(bytes, null)).toMatchObject([{ fault: "content" }]);
  });
});

describe("a compact frame", () => {
  // A Kamstrup water meter, decrypted: EN 13757-3 annex E.
  const records =
    "0406a60b000004ff074e11000004ff08130700000414c91a000002fd170000043b000000000259b10b025d6709";
  const compact = "79c4d788b0a60b00004e11000013070000c91a0000000000000000b10b6709";
  const meter = "442d2c713785691c0c";
  const frame = (content: string) => {
    const bytes = fromHex(`00${meter}${content}`)!;
    bytes[0] = bytes.length - 1;
    return bytes;
  };

  it("is read once a full frame has told its form", () => {
    const [early, full, late] = decode(concat([frame(compact), frame(`78${records}`), frame(compact)]), null);
    expect(early).toMatchObject({ fault: "content", detail: expect.stringContaining("full frame") });
    expect(values(full)).toHaveLength(8);
    expect(late).toMatchObject({ meter: "69853771" });
    expect((late as Telegram).records).toEqual((full as Telegram).records);
  });

  it("is read behind a short and a long header as well", () => {
    const behind = compact.slice(2);
    const long = `73${"71378569"}2d2c${"1c0c"}01000000${behind}`;
    const [, short, other] = decode(
      concat([frame(`78${records}`), frame(`7b01000000${behind}`), frame(long)]),
      null,
    );
    expect(values(short)).toHaveLength(8);
    expect(other).toMatchObject({ meter: "69853771" });
    expect(values(other)).toEqual(values(short));
  });

  it("whose CRC does not fit gives nothing", () => {
    for (let byte = 11; byte < frame(compact).length; byte++) {
      const damaged = frame(compact);
      damaged[byte]! ^= 0x20;
      expect(good(decode(concat([frame(`78${records}`), damaged]), null)), `byte ${byte}`).toHaveLength(1);
    }
    expect(good(decode(concat([frame(`78${records}`), frame(compact.slice(0, -4))]), null))).toHaveLength(1);
  });

  it("does not let the memory grow", () => {
    const formats = new CompactFormats();
    for (let i = 0; i < 10 * formatsMax; i++) {
      formats.remember([
        {
          ...(decode(frame("78041301000000"), null)[0] as Telegram).records![0]!,
          header: toHex(fromHex("02" + i.toString(16).padStart(4, "0"))!),
        },
      ]);
    }
    expect(formats.expand(fromHex("0000000000")!, 0)).toMatchObject({ fault: "content" });
    expect(JSON.stringify(formats).length).toBeLessThan(200 * formatsMax);
  });
});

describe("a telegram that was stored after it was decrypted", () => {
  it("is read without a key", () => {
    const clear = telegram({ data: concat([fromHex("2f2f")!, data, fromHex("2f2f2f2f2f2f2f2f")!]) });
    clear.set([0x10, 0x05], 13);
    expect(values(decode(clear, null)[0])).toEqual(["466.472"]);
  });
});

describe("damage", () => {
  it("of any bit of a frame gives nothing, where CRCs cover it", () => {
    const plain = telegram({ security: "mode5", data: concat([data, data, data]) });
    for (const bytes of [framed("a", plain), concat([fromHex("543d543d")!, framed("b", plain)])]) {
      const from = bytes[0] === 0x54 ? 32 : 0;
      for (let bit = from; bit < 8 * bytes.length; bit++) {
        const flipped = bytes.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(good(decode(flipped, key)), `bit ${bit}`).toEqual([]);
      }
    }
  });

  it("of any bit behind the link layer gives nothing in mode 7, which authenticates", () => {
    const bytes = telegram({ security: "mode7" });
    for (let bit = 8 * 10; bit < 8 * bytes.length; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(good(decode(flipped, key)), `bit ${bit}`).toEqual([]);
    }
  });

  it.each(securities)("at the end: no part of a telegram is one (%s)", (security) => {
    const plain = telegram({ security });
    for (const bytes of [plain, framed("a", plain)]) {
      for (let length = 0; length < bytes.length; length++) {
        const results = decode(bytes.subarray(0, length), key);
        // Format A, cut where the bare telegram would end: its CRCs say what it was.
        expect(good(results), `${length} bytes`).toEqual([]);
      }
    }
  });
});

describe("a line of telegrams", () => {
  const line = concat([
    telegram({}),
    framed("a", telegram({ security: "mode5" })),
    fromHex("ffffff")!,
    telegram({ security: "ell" }),
    concat([fromHex("543d54cd")!, framed("a", telegram({ security: "mode7" }))]),
    framed("b", telegram({})),
  ]);

  it("gives each of them and one fault for what lies between, whatever pieces the bytes come in", () => {
    const whole = decode(line, key);
    expect(whole.map((result) => (isFault(result) ? result.fault : values(result)[0]))).toEqual([
      "466.472",
      "466.472",
      "syntax",
      "466.472",
      "466.472",
      "466.472",
    ]);
    for (const size of [1, 2, 7, 50, 100]) {
      expect(decode(line, key, size)).toEqual(whole);
    }
  });
});

describe("whatever comes", () => {
  it("gives telegrams or faults, with a key and without", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.boolean(), (bytes, hasKey) => {
        expect(decode(bytes, hasKey ? key : null, 100).length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it("gives telegrams or faults for any content behind a meter's address", () => {
    const heads = [
      "7a2a000000",
      "7a2a00f005",
      "7a2a00f00710",
      "8c2001",
      "8d20012a000020",
      "900f002c25",
      "72",
      "8e",
      "8f",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 230 }), (head, rest) => {
        const bytes = concat([fromHex("0044931578563412" + "3303" + head)!, rest]);
        bytes[0] = bytes.length - 1;
        expect(decode(bytes, key).length).toBeGreaterThan(0);
      }),
      { numRuns: 3000 },
    );
  });
});

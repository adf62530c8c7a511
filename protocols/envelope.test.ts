import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { order, receive, verdict } from "../hil-tests/envelope-receive.ts";
import { toHex, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { nodeCrypto } from "./crypto-node.ts";
import {
  type Alg,
  deriveSession,
  type Header,
  headerMax,
  mqttPassword,
  open,
  overheadMax,
  parseAny,
  parseHeader,
  type SessionOrder,
  seal,
  sealStandard,
} from "./envelope.ts";
import { isFault } from "./fault.ts";
import { frameMax } from "./link.ts";

const algs: readonly Alg[] = [0, 1];
const forms = { compressed: seal, standard: sealStandard };
const payload = utf8("1-0:1.8.0*255 2941646.1614 Wh");

function session(changes: Partial<SessionOrder>, crypto: Crypto = nodeCrypto) {
  return deriveSession(crypto, { ...order, ...changes });
}

/** One good frame of each algorithm and form. */
function frames(piv: number): { readonly name: string; readonly frame: Uint8Array }[] {
  return algs.flatMap((alg) =>
    Object.entries(forms).map(([form, make]) => ({
      name: `${form}, algorithm ${alg}`,
      frame: make(session({ alg }), piv, payload),
    })),
  );
}

function header(frame: Uint8Array): Header {
  const parsed = parseAny(frame);
  if (isFault(parsed)) {
    throw new Error(parsed.detail);
  }
  return parsed;
}

const anyOrder = fc.record({
  root: fc.uint8Array({ minLength: 16, maxLength: 32 }),
  deployment: fc.string({ minLength: 1, maxLength: 16, unit: "grapheme" }).filter((name) => {
    const length = utf8(name).length;
    return length >= 1 && length <= 64;
  }),
  kid: fc.nat(65535),
  epoch: fc.oneof(fc.nat(300), fc.nat(65535)),
  alg: fc.constantFrom<Alg>(0, 1),
  direction: fc.constantFrom<"up" | "down">("up", "down"),
});
const anyPiv = fc.oneof(fc.nat(300), fc.nat(70000), fc.nat(0xffffffff));

describe("a sealed frame", () => {
  it("opens to its payload, in either form", () => {
    fc.assert(
      fc.property(anyOrder, anyPiv, fc.uint8Array({ maxLength: 300 }), (any, piv, content) => {
        for (const make of Object.values(forms)) {
          const opened = receive(any, make(deriveSession(nodeCrypto, any), piv, content));
          expect(isFault(opened) ? opened : toHex(opened)).toBe(toHex(content));
        }
      }),
    );
  });

  it("costs 13 to 17 bytes, 14 to 16 with a 2-byte epoch and up to 16 million messages", () => {
    const cost = (epoch: number, piv: number) =>
      seal(session({ epoch }), piv, payload).length - payload.length;
    expect([cost(0, 0), cost(255, 255), cost(256, 0), cost(65535, 65535)]).toEqual([13, 13, 14, 15]);
    expect([cost(65535, 16777215), cost(65535, 4294967295)]).toEqual([16, overheadMax]);
    expect(header(seal(session({ epoch: 65535 }), 4294967295, payload)).length).toBe(headerMax);
  });

  it("looks as protocols/README.md shows it", () => {
    const timeRequest = new Uint8Array([0x81, 0x05]);
    expect(toHex(seal(session({}), 70000, timeRequest))).toBe("0c1267012c0111700cce5c2a0841dc096de2");
    expect(toHex(sealStandard(session({}), 70000, timeRequest))).toBe(
      "d08343a1010aa30442126706430111700a42012c4a0cce5c2a0841dc096de2",
    );
  });

  it("hides its payload under algorithm 0 and shows it under algorithm 1", () => {
    const shown = (alg: Alg) => toHex(seal(session({ alg }), 0, payload)).includes(toHex(payload));
    expect(algs.map(shown)).toEqual([false, true]);
  });

  it("fits a link to the last byte, and is not made beyond that", () => {
    for (const alg of algs) {
      const one = session({ alg });
      const most = frameMax - (seal(one, 0, payload).length - payload.length);
      const whole = seal(one, 1, new Uint8Array(most));
      expect(whole.length).toBe(frameMax);
      expect(verdict(order, whole)).toBe("accepted");
      expect(() => seal(one, 2, new Uint8Array(most + 1))).toThrow("links take 4096");
      expect(() => sealStandard(one, 2, new Uint8Array(most))).toThrow("links take 4096");
    }
  });
});

describe("a header", () => {
  it("gives kid, epoch, Partial IV and where the payload begins", () => {
    for (const { name, frame } of frames(70000)) {
      expect(header(frame), name).toMatchObject({ kid: 4711, epoch: 300, piv: 70000 });
    }
    expect(header(frames(70000)[0].frame)).toMatchObject({ form: "compressed", alg: 0, length: 8 });
    expect(header(frames(70000)[3].frame)).toMatchObject({ form: "standard", alg: 1, length: 22 });
  });

  const compressed = seal(session({ epoch: 5 }), 9, payload);
  const changed = (at: number, value: number) => {
    const frame = new Uint8Array(compressed);
    frame[at] = value;
    return parseHeader(frame);
  };

  it("of another version, an unknown algorithm, or with the reserved bit set is refused", () => {
    expect(changed(0, 0x40)).toMatchObject({ fault: "header", detail: expect.stringContaining("version 1") });
    expect(changed(0, 0x20)).toMatchObject({
      fault: "header",
      detail: expect.stringContaining("algorithm 2"),
    });
    expect(changed(0, 0x30)).toMatchObject({
      fault: "header",
      detail: expect.stringContaining("algorithm 3"),
    });
    expect(changed(0, 0x01)).toMatchObject({ fault: "header", detail: expect.stringContaining("reserved") });
  });

  it("that spends more bytes on a number than it needs is refused", () => {
    const tail = new Array(8).fill(0);
    const longer = [
      [0x08, 0, 7, 0, 5, 9], // epoch 5 in two bytes
      [0x02, 0, 7, 5, 0, 9], // Partial IV 9 in two bytes
      [0x04, 0, 7, 5, 0, 1, 0], // Partial IV 256 in three bytes
      [0x06, 0, 7, 5, 0, 255, 255, 255],
    ];
    for (const bytes of longer) {
      expect(parseHeader(new Uint8Array([...bytes, ...tail]))).toMatchObject({ fault: "header" });
    }
  });

  it("on a frame beyond 4096 bytes is not read", () => {
    const long = new Uint8Array(frameMax + 1);
    expect(parseAny(long)).toMatchObject({ fault: "too-long" });
    long[0] = 0xd0;
    expect(parseAny(long)).toMatchObject({ fault: "too-long" });
  });
});

describe("a damaged or forged frame", () => {
  it("with any one bit changed is refused, in both forms and under both algorithms", () => {
    for (const piv of [0, 70000, 4000000000]) {
      for (const { name, frame } of frames(piv)) {
        for (let bit = 0; bit < 8 * frame.length; bit++) {
          const damaged = new Uint8Array(frame);
          damaged[bit >> 3] ^= 1 << (bit & 7);
          expect(["header", "truncated", "bad-tag"], `${name}, bit ${bit}`).toContain(
            verdict(order, damaged),
          );
        }
      }
    }
  });

  it("cut at any length, or with a byte more, is refused", () => {
    for (const { name, frame } of frames(70000)) {
      for (let length = 0; length < frame.length; length++) {
        const cut = verdict(order, frame.subarray(0, length));
        expect(["header", "truncated", "bad-tag"], `${name}, ${length} bytes`).toContain(cut);
      }
      expect(["header", "bad-tag"]).toContain(verdict(order, new Uint8Array([...frame, 0])));
    }
  });

  it("of random bytes is refused without an exception: 100,000 of them, half with a plausible beginning", () => {
    const keys = algs.map((alg) => session({ alg }));
    const starts = frames(70000).map(({ frame }) => frame);
    let state = 20261123;
    const random = () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 0;
    };
    let reached = 0;
    for (let i = 0; i < 100_000; i++) {
      const frame = Uint8Array.from({ length: random() % 48 }, () => random() >>> 8);
      if (i % 2 === 0) {
        const start = starts[random() % 4];
        frame.set(start.subarray(0, Math.min(frame.length, random() % 26)));
      }
      const parsed = parseAny(frame);
      if (!isFault(parsed)) {
        const { kid, epoch } = order;
        expect(open(keys[parsed.alg], { ...parsed, kid, epoch }, frame)).toMatchObject({ fault: "bad-tag" });
        reached++;
      }
    }
    expect(reached).toBeGreaterThan(5000);
  });

  it("under a header that names another device, epoch or algorithm than the session's is refused", () => {
    const frame = seal(session({}), 7, payload);
    const good = header(frame);
    for (const change of [{ kid: 4712 }, { epoch: 301 }, { alg: 1 as const }, { piv: 8 }]) {
      expect(open(session({}), { ...good, ...change }, frame)).toMatchObject({ fault: "bad-tag" });
    }
    expect(open(session({}), good, frame)).toEqual(payload);
  });

  it("is not told apart by the way its tag is wrong", () => {
    for (const { frame } of frames(3)) {
      const first = new Uint8Array(frame);
      const last = new Uint8Array(frame);
      first[frame.length - 8] ^= 0x80;
      last[frame.length - 1] ^= 1;
      expect(receive(order, first)).toEqual(receive(order, last));
    }
  });
});

describe("a session", () => {
  /** A platform whose HKDF gives everyone the same keys, so that only the additional data differ. */
  function withOneKey(): Crypto {
    let derivations = 0;
    return {
      ...nodeCrypto,
      hmac: (key) => (derivations++ < 2 ? () => new Uint8Array(32).fill(9) : nodeCrypto.hmac(key)),
    };
  }

  it("binds kid, epoch and deployment by the additional data too, not by its keys alone", () => {
    for (const alg of algs) {
      const frame = seal(session({ alg }, withOneKey()), 5, payload);
      const good = header(frame);
      expect(open(session({ alg }, withOneKey()), good, frame)).toEqual(payload);
      for (const change of [{ kid: 4712 }, { epoch: 301 }, { deployment: "paderborm" }]) {
        const other = session({ alg, ...change }, withOneKey());
        const { kid, epoch } = other;
        expect(open(other, { ...good, kid, epoch }, frame)).toMatchObject({ fault: "bad-tag" });
      }
    }
  });

  it("of another root, deployment, kid, epoch, algorithm or direction has other keys", () => {
    const changes: Partial<SessionOrder>[] = [
      {},
      { root: new Uint8Array(32) },
      { deployment: "höxter" },
      { kid: 4712 },
      { epoch: 301 },
      { alg: 1 },
      { direction: "down" },
    ];
    let last = "";
    const noting: Crypto = {
      ...nodeCrypto,
      ccm: (key) => {
        last = toHex(key);
        return nodeCrypto.ccm(key);
      },
      hmac: (key) => {
        last = toHex(key).slice(0, 32);
        return nodeCrypto.hmac(key);
      },
    };
    const keys = changes.map((change) => {
      session(change, noting); // the key that is set up last is the session's
      return last;
    });
    expect(new Set(keys).size).toBe(changes.length);
  });

  it("never meets a nonce twice under one key: 100,000 messages of 400 sessions", () => {
    const seen = new Set<string>();
    const noting: Crypto = {
      ...nodeCrypto,
      ccm: (key) => {
        const name = toHex(key);
        return {
          ...nodeCrypto.ccm(key),
          seal: (nonce, _, plaintext) => {
            seen.add(name + toHex(nonce));
            return new Uint8Array(plaintext.length + 8);
          },
        };
      },
    };
    let sealed = 0;
    for (const kid of [0, 1, 255, 256, 65535]) {
      for (let epoch = 0; epoch < 40; epoch++) {
        for (const direction of ["up", "down"] as const) {
          const one = session({ kid, epoch: epoch * epoch, direction }, noting);
          for (let i = 0; i < 250; i++, sealed++) {
            const piv = i < 200 ? i : i < 225 ? i * 997 : 4294967070 + (i - 225) * 9;
            seal(one, piv, new Uint8Array(0));
          }
        }
      }
    }
    expect(sealed).toBe(100_000);
    expect(seen.size).toBe(sealed);
  });

  it("seals each Partial IV once and in order; twice is a bug and stops", () => {
    for (const alg of algs) {
      const one = session({ alg });
      seal(one, 5, payload);
      expect(() => seal(one, 5, payload)).toThrow("sealed twice");
      expect(() => sealStandard(one, 4, payload)).toThrow("sealed twice");
      seal(one, 4294967295, payload);
      for (const piv of [4294967296, -1, 6.5, Number.NaN]) {
        expect(() => seal(session({ alg }), piv, payload)).toThrow("Partial IV");
      }
    }
  });

  it("opens frames in any order and as often as they come", () => {
    for (const alg of algs) {
      const sender = session({ alg });
      const receiver = session({ alg });
      const sent = [0, 23, 24, 300, 70000].map((piv) => seal(sender, piv, utf8(`message ${piv}`)));
      for (const i of [4, 0, 2, 1, 3, 3, 0]) {
        const opened = open(receiver, header(sent[i]), sent[i]);
        expect(isFault(opened) ? opened.detail : toHex(opened)).toBe(
          toHex(utf8(`message ${header(sent[i]).piv}`)),
        );
      }
    }
  });

  it("is not made of numbers or names that do not fit", () => {
    const wrong: Partial<SessionOrder>[] = [
      { root: new Uint8Array(15) },
      { root: new Uint8Array(33) },
      { deployment: "" },
      { deployment: "ü".repeat(33) },
      { kid: 65536 },
      { kid: -1 },
      { epoch: 65536 },
      { epoch: 1.5 },
    ];
    for (const change of wrong) {
      expect(() => session(change)).toThrow();
    }
  });
});

describe("the MQTT password", () => {
  it("is 32 hexadecimal digits that follow from root, deployment and kid", () => {
    const { root, deployment, kid } = order;
    const password = mqttPassword(nodeCrypto, { root, deployment, kid });
    expect(password).toMatch(/^[0-9a-f]{32}$/);
    expect(mqttPassword(nodeCrypto, { root, deployment, kid })).toBe(password);
    const others = [
      mqttPassword(nodeCrypto, { root: new Uint8Array(32), deployment, kid }),
      mqttPassword(nodeCrypto, { root, deployment: "höxter", kid }),
      mqttPassword(nodeCrypto, { root, deployment, kid: 4712 }),
    ];
    expect(new Set([password, ...others]).size).toBe(4);
  });
});

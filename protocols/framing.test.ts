import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex } from "./bytes.ts";
import { encodedMax, encodeFrame, FrameReader } from "./framing.ts";
import { frameMax } from "./link.ts";

/** What a new reader makes of a line's bytes, given in pieces of the named lengths, again and again. */
function read(line: Uint8Array, pieces: readonly number[] = [line.length]) {
  const reader = new FrameReader();
  const frames: string[] = [];
  const faults: string[] = [];
  for (let at = 0, i = 0; at < line.length; i++) {
    const end = Math.min(line.length, at + Math.max(1, pieces[i % pieces.length]!));
    reader.push(
      line.subarray(at, end),
      (frame) => frames.push(toHex(frame)),
      (fault) => faults.push(fault.fault),
    );
    at = end;
  }
  return { frames, faults };
}

const frame = fc.uint8Array({ minLength: 1, maxLength: 600 });
/** Frames with many zeros, or none over a whole COBS block. */
const awkward = fc.oneof(
  frame,
  fc
    .array(fc.constantFrom(0, 0, 1, 255), { minLength: 1, maxLength: 300 })
    .map((bytes) => Uint8Array.from(bytes)),
  fc.integer({ min: 240, max: 520 }).map((length) => new Uint8Array(length).fill(7)),
);

describe("a frame on a serial line", () => {
  it("stands as COBS of its bytes and their checksum, and a zero", () => {
    // CRC-16/X-25 of "123456789" is 906e (CRC RevEng catalogue).
    const check = fromHex("313233343536373839")!;
    expect(toHex(encodeFrame(check))).toBe("0c" + "313233343536373839" + "6e90" + "00");
    // Each zero gives way to the distance of the next one.
    const line = encodeFrame(fromHex("112200330000")!);
    expect(toHex(line).startsWith("0311220233010")).toBe(true);
    expect(line.indexOf(0)).toBe(line.length - 1);
  });

  it("comes back, however the line cuts it", () => {
    fc.assert(
      fc.property(
        fc.array(awkward, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (frames, pieces) => {
          const line = concat(frames.map(encodeFrame));
          expect(read(line, pieces)).toEqual({ frames: frames.map(toHex), faults: [] });
        },
      ),
      { numRuns: 500 },
    );
  });

  it("has no zero inside, and costs a byte in 254 and four more", () => {
    fc.assert(
      fc.property(awkward, (bytes) => {
        const line = encodeFrame(bytes);
        expect(line.indexOf(0)).toBe(line.length - 1);
        expect(line.length).toBeLessThanOrEqual(bytes.length + 4 + Math.floor((bytes.length + 2) / 254));
      }),
    );
  });

  it("may have 4 KiB, and not a byte more", () => {
    for (const fill of [0, 1]) {
      const longest = new Uint8Array(frameMax).fill(fill);
      expect(encodeFrame(longest).length).toBeLessThanOrEqual(encodedMax);
      expect(read(encodeFrame(longest)).frames).toEqual([toHex(longest)]);
    }
    expect(() => encodeFrame(new Uint8Array(frameMax + 1))).toThrow();
    expect(() => encodeFrame(new Uint8Array(0))).toThrow();
  });
});

describe("a reader of frames", () => {
  const good = encodeFrame(fromHex("010203")!);

  it("says once that a frame has no end, and takes the next one", () => {
    const endless = new Uint8Array(1_000_000).fill(0x41);
    expect(read(concat([endless, Uint8Array.of(0), good]))).toEqual({
      frames: ["010203"],
      faults: ["too-long"],
    });
    // Of ones, COBS makes zeros: as many as the buffer holds, and no more.
    expect(read(concat([new Uint8Array(1_000_000).fill(1), Uint8Array.of(0), good]))).toEqual({
      frames: ["010203"],
      faults: ["too-long"],
    });
  });

  it("ignores zeros between frames", () => {
    expect(read(concat([Uint8Array.of(0, 0), good, Uint8Array.of(0), good, Uint8Array.of(0, 0, 0)]))).toEqual(
      {
        frames: ["010203", "010203"],
        faults: [],
      },
    );
  });

  it("loses with garbage between frames only the one the garbage runs into", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(frame, fc.uint8Array({ maxLength: 40 })), { minLength: 1, maxLength: 8 }),
        (parts) => {
          const line = concat(parts.flatMap(([bytes, garbage]) => [garbage, encodeFrame(bytes)]));
          const got = read(line).frames;
          // A frame is untouched where nothing but a delimiter stands before it.
          const untouched = parts.filter(([, garbage]) => garbage.length === 0 || garbage.at(-1) === 0);
          const sent = new Set(parts.map(([bytes]) => toHex(bytes)));
          for (const [bytes] of untouched) {
            expect(got).toContain(toHex(bytes));
          }
          expect(got.filter((bytes) => !sent.has(bytes))).toEqual([]);
        },
      ),
      // Of 65,536 pieces of garbage one has a fitting checksum, so the seed is fixed.
      { numRuns: 2000, seed: 17 },
    );
  });

  it("loses with bytes that are missing in the middle at most the frames that are touched", () => {
    fc.assert(
      fc.property(
        frame,
        frame,
        frame,
        fc.nat(),
        fc.integer({ min: 1, max: 50 }),
        (first, second, third, at, count) => {
          const middle = encodeFrame(second);
          const from = at % middle.length;
          const line = concat([
            encodeFrame(first),
            middle.subarray(0, from),
            middle.subarray(from + count),
            encodeFrame(third),
          ]);
          const got = read(line).frames;
          expect(got[0]).toBe(toHex(first));
          // Without its delimiter the second runs into the third.
          if (from + count < middle.length) {
            expect(got.at(-1)).toBe(toHex(third));
          }
        },
      ),
      { numRuns: 1000, seed: 17 },
    );
  });

  it("never takes a frame with a flipped bit", () => {
    fc.assert(
      fc.property(awkward, (bytes) => {
        const line = encodeFrame(bytes.subarray(0, 300));
        for (let bit = 0; bit < 8 * line.length; bit++) {
          line[bit >> 3]! ^= 1 << (bit & 7);
          const { frames } = read(concat([line, Uint8Array.of(0)]));
          line[bit >> 3]! ^= 1 << (bit & 7);
          expect(frames, `bit ${bit}`).toEqual([]);
        }
      }),
      // A flip in a COBS code moves zeros about, which the checksum misses once in 65,536 times; the envelope's tag does not.
      { numRuns: 100, seed: 17 },
    );
  });

  it("refuses every part of a frame", () => {
    for (let length = 1; length < good.length - 1; length++) {
      const { frames, faults } = read(concat([good.subarray(0, length), Uint8Array.of(0), good]));
      expect(frames).toEqual(["010203"]);
      expect(faults).toEqual(["truncated"]);
    }
  });

  it("takes nothing from noise, and no longer than the noise lasts", () => {
    const noise = new Uint8Array(2_000_000);
    let state = 1;
    for (let i = 0; i < noise.length; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      noise[i] = state >>> 16;
    }
    const start = performance.now();
    const { frames, faults } = read(noise);
    expect(performance.now() - start, "ms").toBeLessThan(2000);
    expect(frames).toEqual([]);
    expect(faults.length).toBeGreaterThan(1000);
  });
});
